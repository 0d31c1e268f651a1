package io.winnow.runtime.triton.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names of regions tell whose they are, so that those of processes that are gone can be
 * unregistered: winnow-SPACE-PID-START-RANDOM, where SPACE is the namespace that the process id
 * counts in and START tells two processes with one id apart.
 */
final class RegionName {

  private static final Pattern FORM = Pattern.compile("winnow-(\\d+)-(\\d+)-(\\d+)-[0-9a-f]+");
  private static final Path PROC = Path.of("/proc");

  /** Field 22 of /proc/PID/stat, counted after the process name, which may hold anything. */
  private static final int START_AFTER_NAME = 19;

  private static final @Nullable String PREFIX = prefix();

  private RegionName() {}

  static String ofThisProcess(long random) {
    return (PREFIX == null ? "winnow-" : PREFIX) + Long.toHexString(random);
  }

  /** Whether it is one of ours whose process has ended; false where that cannot be told. */
  static boolean isAbandoned(String name) {
    Matcher form = FORM.matcher(name);
    String space = space();
    if (!form.matches() || space == null || !space.equals(form.group(1))) {
      return false;
    }
    String start = start(form.group(2));
    return start == null
        ? !Files.exists(PROC.resolve(form.group(2)))
        : !start.equals(form.group(3));
  }

  private static @Nullable String prefix() {
    String pid = Long.toString(ProcessHandle.current().pid());
    String space = space();
    String start = start(pid);
    return space == null || start == null
        ? null
        : String.join("-", "winnow", space, pid, start, "");
  }

  /** Number of the process-id namespace; null where the system does not say. */
  private static @Nullable String space() {
    try {
      String link = Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
      return link.replaceAll("\\D", "");
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }

  /** When a process began, in clock ticks since boot; null where the system does not say. */
  private static @Nullable String start(String pid) {
    try {
      String stat = Files.readString(PROC.resolve(pid).resolve("stat"));
      String afterName = stat.substring(stat.lastIndexOf(')') + 2);
      return afterName.split(" ", -1)[START_AFTER_NAME];
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }
}
