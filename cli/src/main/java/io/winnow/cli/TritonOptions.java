package io.winnow.cli;

import io.winnow.cli.mesh.MeshPlan;
import io.winnow.runtime.mesh.PeerAddresses;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option by which a command has the models run elsewhere. */
final class TritonOptions {

  private static final String NAME = "--triton";

  @Option(
      names = NAME,
      paramLabel = "HOST:PORT[,HOST:PORT]",
      description = {
        "Run the models on these Triton servers (gRPC), which serve the same repository,",
        "instead of in the services started here."
      })
  private @Nullable String endpoints;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec mixee;

  /** Refuses what are no addresses, as wrong usage. */
  void check() {
    if (endpoints != null) {
      try {
        PeerAddresses.parse(NAME, endpoints);
      } catch (IllegalArgumentException e) {
        throw wrong(String.valueOf(e.getMessage()));
      }
    }
  }

  boolean given() {
    return endpoints != null;
  }

  /** Settings of the services, by module; none without the option. */
  Map<String, Map<String, String>> settings() {
    return endpoints == null ? Map.of() : MeshPlan.modelsOn(endpoints);
  }

  private ParameterException wrong(String message) {
    return Usage.wrong(mixee, message);
  }
}
