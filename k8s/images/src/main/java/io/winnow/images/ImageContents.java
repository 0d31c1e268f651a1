package io.winnow.images;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What an image holds beside Java.
 *
 * @param name of the image, and of its tar
 * @param layers folders on this machine and where they go, those that change least first
 * @param command what the container runs; a manifest's {@code args} follow
 */
record ImageContents(String name, List<Layer> layers, List<String> command) {

  /** A file or folder, and its place in the image. */
  record Layer(Path source, String place) {}

  private static final String HOME = "/opt/winnow";

  /** The three services, and the command line, which fills model repositories. */
  static List<ImageContents> all(Path root) {
    return List.of(
        service(root, "vision-encoder-svc"),
        service(root, "pruner-svc"),
        service(root, "decoder-svc"),
        commandLine(root));
  }

  /** By this name nothing is pulled by accident: it is looked for on the node only. */
  String reference(String version) {
    return "localhost/winnow/" + name + ":" + version;
  }

  private static ImageContents service(Path root, String name) {
    Path app = root.resolve(name).resolve("target/quarkus-app");
    List<Layer> layers = new ArrayList<>();
    for (String part : List.of("lib", "quarkus", "app", "quarkus-run.jar")) {
      layers.add(new Layer(app.resolve(part), HOME + "/" + part));
    }
    return new ImageContents(name, layers, List.of("java", "-jar", HOME + "/quarkus-run.jar"));
  }

  private static ImageContents commandLine(Path root) {
    Path target = root.resolve("cli/target");
    Path jar = BaseSystem.only(target, "winnow-cli-*.jar");
    return new ImageContents(
        "winnow",
        List.of(
            new Layer(target.resolve("lib"), HOME + "/lib"),
            new Layer(root.resolve("demo-model/checkpoint"), HOME + "/demo-model/checkpoint"),
            new Layer(root.resolve("demo-model/recipes"), HOME + "/demo-model/recipes"),
            new Layer(jar, HOME + "/winnow.jar")),
        List.of(
            "java",
            "-Dwinnow.root=" + HOME,
            "-cp",
            HOME + "/winnow.jar:" + HOME + "/lib/*",
            "io.winnow.cli.Winnow"));
  }
}
