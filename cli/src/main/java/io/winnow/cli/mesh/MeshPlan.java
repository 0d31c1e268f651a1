package io.winnow.cli.mesh;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What to start.
 *
 * @param root the checkout in which the services were built
 * @param models model repository
 * @param httpPort loopback port of the API
 * @param logs folder for the services' logs
 * @param jvmFlags flags of every service's JVM
 * @param extraSettings further settings by module
 */
public record MeshPlan(
    Path root,
    Path models,
    int httpPort,
    Path logs,
    List<String> jvmFlags,
    Map<String, Map<String, String>> extraSettings) {

  /** JVM flags that make a service ready soonest: for one question. */
  public static final List<String> QUICK_START =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  /** JVM flags for a service that stays. */
  public static final List<String> LONG_RUN = List.of();

  /** Further settings that let pruner-svc read recipes from this folder. */
  public static Map<String, Map<String, String>> recipesIn(Path folder) {
    return Map.of(Mesh.PRUNER, Map.of("winnow.pruner.recipes.folder", folder.toString()));
  }

  /** Further settings that have the models run on these Tritons, HOST:PORT[,HOST:PORT]. */
  public static Map<String, Map<String, String>> modelsOn(String endpoints) {
    Map<String, String> setting = Map.of("winnow.triton.endpoints", endpoints);
    return Map.of(Mesh.ENCODER, setting, Mesh.DECODER, setting);
  }

  /** The same with further settings, of modules that have none yet. */
  public MeshPlan with(Map<String, Map<String, String>> settings) {
    Map<String, Map<String, String>> all = new HashMap<>(extraSettings);
    all.putAll(settings);
    return new MeshPlan(root, models, httpPort, logs, jvmFlags, all);
  }

  Path jar(String module) {
    return root.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
  }

  Map<String, String> settings(String module) {
    return extraSettings.getOrDefault(module, Map.of());
  }
}
