package io.winnow.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option by which a command names itself to services that ask for a key. */
final class ApiKeyOption {

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      defaultValue = "${env:WINNOW_API_KEY}",
      description = {
        "Key for services that ask for one. Default: the environment's WINNOW_API_KEY,",
        "which unlike a command line nobody else on the machine sees."
      })
  private @Nullable String key;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec mixee;

  /** Refuses what cannot be sent in a header, as wrong usage; does not repeat it. */
  void check() {
    if (key != null && !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw Usage.wrong(mixee, "the API key has characters that no key has: spaces or not ASCII");
    }
  }

  Optional<String> key() {
    return Optional.ofNullable(key).filter(given -> !given.isEmpty());
  }
}
