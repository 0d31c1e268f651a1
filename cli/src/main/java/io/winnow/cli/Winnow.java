package io.winnow.cli;

import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/** Entry of the launcher. Exit status: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "winnow",
    description = "Asks multimodal LLMs about pictures, through three services on this machine.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:done", "1:failed; standard error says why", "2:wrong usage"})
public final class Winnow {

  private Winnow() {}

  public static void main(String... args) {
    System.exit(
        commandLine(new Checkout(Path.of(System.getProperty("winnow.root")))).execute(args));
  }

  static CommandLine commandLine(Checkout checkout) {
    CommandLine root =
        new CommandLine(new Winnow())
            .addSubcommand(new AskCommand(checkout))
            .addSubcommand(new ServeCommand(checkout))
            .addSubcommand(new ExplainCommand(checkout, System.in))
            .addSubcommand(new ExportCommand())
            .addSubcommand(new EvaluateCommand(checkout))
            .addSubcommand(new CalibrateCommand(checkout))
            .setExecutionExceptionHandler(Winnow::report);
    addHelp(root);
    root.getSubcommands().values().forEach(Winnow::addHelp);
    return root;
  }

  private static void addHelp(CommandLine command) {
    command
        .getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .description("Show this help.")
                .build());
  }

  /** Says in one line what went wrong. */
  static int report(Exception failure, CommandLine command, CommandLine.ParseResult args) {
    boolean expected = failure instanceof CommandFailure;
    String message = expected ? failure.getMessage() : "unexpected: " + failure;
    command.getErr().println("winnow: " + message);
    return CommandLine.ExitCode.SOFTWARE;
  }
}
