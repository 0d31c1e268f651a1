package io.winnow.cli;

import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.cli.mesh.RunningServe;
import io.winnow.cli.mesh.ServiceProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The services, until they are stopped. */
@Command(
    name = "serve",
    description = "Runs the three services on this machine until Ctrl-C, and prints their URL.")
final class ServeCommand implements Callable<Integer> {

  private final Checkout checkout;

  @Mixin private RepositoryOptions models = new RepositoryOptions();

  @Mixin private TritonOptions triton = new TritonOptions();

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "8080",
      description = "Loopback port of the API (default: ${DEFAULT-VALUE}).")
  private int port;

  @Spec private @Nullable CommandSpec spec;

  ServeCommand(Checkout checkout) {
    this.checkout = checkout;
  }

  @Override
  public Integer call() throws CommandFailure {
    models.check();
    triton.check();
    if (port < 1 || port > 65535 || !FreePorts.isFree(port)) {
      throw new CommandFailure("port " + port + " cannot be used; choose another with --port");
    }
    Path repository = models.repository(checkout, err());
    err().println("winnow: starting the services");
    try {
      MeshPlan plan =
          new MeshPlan(
                  checkout.root(),
                  repository,
                  port,
                  checkout.logs(),
                  MeshPlan.LONG_RUN,
                  MeshPlan.recipesIn(models.recipes(checkout)))
              .with(triton.settings());
      try (Mesh mesh = Mesh.start(plan)) {
        FirstQuestion.ask(checkout, mesh.url(), models, triton);
        return serve(mesh, plan);
      }
    } catch (IOException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private int serve(Mesh mesh, MeshPlan plan) throws IOException, CommandFailure {
    RunningServe running = RunningServe.ofThisProcess(mesh, plan.models());
    running.write(checkout.serveFile());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> forget(running), "serve-file"));
    PrintWriter out = spec().commandLine().getOut();
    out.println(mesh.url());
    out.flush();
    for (ServiceProcess service : mesh.services()) {
      err()
          .printf(
              "winnow: metrics of %s: http://127.0.0.1:%d/q/metrics%n",
              service.module(), service.ports().http());
      service.onExit(() -> report(mesh, service));
    }
    int status = mesh.service(Mesh.DECODER).awaitExit();
    if (mesh.isClosed()) {
      return 0;
    }
    throw new CommandFailure("decoder-svc has ended with status %d".formatted(status));
  }

  private void report(Mesh mesh, ServiceProcess service) {
    if (!mesh.isClosed()) {
      err().printf("winnow: %s has ended; its log: %s%n", service.module(), service.log());
    }
  }

  private void forget(RunningServe running) {
    try {
      running.delete(checkout.serveFile());
    } catch (IOException e) {
      err().println("winnow: cannot delete " + checkout.serveFile() + ": " + e);
    }
  }

  private PrintWriter err() {
    return spec().commandLine().getErr();
  }

  private CommandSpec spec() {
    return Usage.injected(spec);
  }
}
