package io.winnow.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** How commands and their options refuse what was asked for. */
final class Usage {

  private Usage() {}

  /** The command that picocli has set into a field, as it does before it calls anything. */
  static CommandSpec injected(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command up");
    }
    return spec;
  }

  /** Wrong usage, which ends the program with status 2. */
  static ParameterException wrong(@Nullable CommandSpec command, String message) {
    return new ParameterException(injected(command).commandLine(), message);
  }
}
