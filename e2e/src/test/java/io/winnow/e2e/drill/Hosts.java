package io.winnow.e2e.drill;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hosts on one machine. Where network namespaces may be made, each host has its own network stack
 * behind a bridge; elsewhere it is a loopback address, which shares ports and routes with the rest.
 */
abstract sealed class Hosts implements AutoCloseable {

  /** Makes hosts, numbered from 1. */
  static Hosts create(int count) {
    try {
      return new Namespaces(count);
    } catch (IOException e) {
      System.out.println("the hosts are loopback addresses: " + e.getMessage());
      return new Loopback();
    }
  }

  /** The IPv4 address of a host. */
  abstract String address(int host);

  /** The command that runs a command on a host; the process is the command's own. */
  abstract List<String> on(int host, List<String> command);

  @Override
  public abstract void close();

  private static final class Loopback extends Hosts {

    @Override
    String address(int host) {
      return "127.77.0." + host;
    }

    @Override
    List<String> on(int host, List<String> command) {
      return command;
    }

    @Override
    public void close() {}
  }

  /** Linux, as root, with iproute2. */
  private static final class Namespaces extends Hosts {

    private static final String NET = "10.213.77.";
    private static final int GATEWAY = 254;

    /** Names of their own for each: what was removed may still be there for a moment. */
    private static final AtomicInteger MADE = new AtomicInteger();

    private final String prefix =
        "wn" + ProcessHandle.current().pid() % 100_000 + (char) ('a' + MADE.getAndIncrement() % 26);
    private final int count;

    Namespaces(int count) throws IOException {
      this.count = count;
      boolean made = false;
      try {
        ip("link", "add", prefix, "type", "bridge");
        ip("addr", "add", NET + GATEWAY + "/24", "dev", prefix);
        ip("link", "set", prefix, "up");
        for (int host = 1; host <= count; host++) {
          make(host);
        }
        made = true;
      } finally {
        if (!made) {
          close();
        }
      }
    }

    private void make(int host) throws IOException {
      String name = name(host);
      ip("netns", "add", name);
      ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
      ip("link", "set", name, "master", prefix, "up");
      ip("-n", name, "addr", "add", address(host) + "/24", "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
      ip("-n", name, "link", "set", "lo", "up");
    }

    private String name(int host) {
      return prefix + "h" + host;
    }

    @Override
    String address(int host) {
      return NET + host;
    }

    @Override
    List<String> on(int host, List<String> command) {
      List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name(host)));
      whole.addAll(command);
      return whole;
    }

    @Override
    public void close() {
      for (int host = 1; host <= count; host++) {
        remove("netns", "del", name(host));
      }
      remove("link", "del", prefix);
    }

    private static void remove(String... arguments) {
      try {
        ip(arguments);
      } catch (IOException e) {
        System.out.println(e.getMessage()); // it may not have been made
      }
    }

    private static void ip(String... arguments) throws IOException {
      List<String> command = new ArrayList<>(List.of("ip"));
      command.addAll(List.of(arguments));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try {
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
          String said = new String(process.getInputStream().readAllBytes()).strip();
          throw new IOException(String.join(" ", command) + ": " + said);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } finally {
        process.destroyForcibly();
      }
    }
  }
}
