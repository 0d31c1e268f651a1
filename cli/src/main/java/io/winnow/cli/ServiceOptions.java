package io.winnow.cli;

import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.cli.mesh.RunningServe;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options by which a command finds the services that it talks to, or starts them. */
final class ServiceOptions {

  @Mixin private RepositoryOptions models = new RepositoryOptions();

  @Mixin private TritonOptions triton = new TritonOptions();

  @Mixin private ApiKeyOption apiKey = new ApiKeyOption();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model to ask. Default: the repository's first.")
  private @Nullable String model;

  @Option(
      names = {"--url", "--server"},
      paramLabel = "URL",
      description = "Ask the services there, for example http://127.0.0.1:8080.")
  private @Nullable URI url;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec mixee;

  /** Work that needs the services. */
  interface Work {

    void at(URI url) throws IOException, CommandFailure;
  }

  /** Work that needs the services and what they keep of it. */
  interface TracedWork {

    /**
     * @param traceStores where the services keep traces, decoder-svc first
     */
    void at(URI url, List<URI> traceStores) throws IOException, CommandFailure;
  }

  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  Optional<String> apiKey() {
    return apiKey.key();
  }

  /** Folder of the recipes that services started here follow. */
  Path recipes(Checkout checkout) {
    return models.recipes(checkout);
  }

  /** Refuses a {@code --url} that is none, and models that cannot be served, as wrong usage. */
  void check() {
    models.check();
    triton.check();
    apiKey.check();
    if (url == null) {
      return;
    }
    if (triton.given()) {
      throw new ParameterException(
          mixee().commandLine(), "--triton is for services started here, not for those at --url");
    }
    boolean http =
        "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
    if (!http || url.getHost() == null || url.getPort() > 65535) {
      throw new ParameterException(
          mixee().commandLine(),
          "--url is \"%s\", which is no URL of a service; an example: http://127.0.0.1:8080"
              .formatted(url));
    }
  }

  /**
   * Works with the services at {@code --url}, else with a running {@code serve} of this checkout
   * unless {@code --triton} is given, else with services started for this and stopped after it.
   */
  void use(Checkout checkout, List<String> jvmFlags, Work work) throws CommandFailure {
    use(checkout, jvmFlags, (at, stores) -> work.at(at));
  }

  /** As {@link #use(Checkout, List, Work)}. */
  void use(Checkout checkout, List<String> jvmFlags, TracedWork work) throws CommandFailure {
    try {
      Optional<RunningServe> running = running(checkout);
      if (url != null) {
        work.at(url, running.map(RunningServe::stores).orElse(List.of(url)));
      } else if (running.isPresent()) {
        work.at(URI.create(running.get().url()), running.get().stores());
      } else {
        try (Mesh mesh = Mesh.start(plan(checkout, jvmFlags))) {
          FirstQuestion.ask(checkout, mesh.url(), models, triton);
          work.at(mesh.url(), mesh.traceStores());
        }
      }
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** The serve of this checkout that is meant. */
  private Optional<RunningServe> running(Checkout checkout) throws IOException {
    if (url == null && triton.given()) {
      return Optional.empty(); // a serve does not say where its models run
    }
    Optional<RunningServe> serve = RunningServe.find(checkout.serveFile());
    return url != null
        ? serve.filter(found -> URI.create(found.url()).equals(url))
        : serve.filter(found -> models.named(checkout).map(found::serves).orElse(true));
  }

  private MeshPlan plan(Checkout checkout, List<String> jvmFlags)
      throws CommandFailure, IOException {
    PrintWriter err = mixee().commandLine().getErr();
    Path repository = models.repository(checkout, err);
    err.println("winnow: starting the services");
    return new MeshPlan(
            checkout.root(),
            repository,
            FreePorts.find(1).get(0),
            checkout.logs(),
            jvmFlags,
            MeshPlan.recipesIn(recipes(checkout)))
        .with(triton.settings());
  }

  private CommandSpec mixee() {
    return Usage.injected(mixee);
  }
}
