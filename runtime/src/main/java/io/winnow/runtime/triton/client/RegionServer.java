package io.winnow.runtime.triton.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a pool of regions asks of the server. Waits for answers; throws {@link TritonException}. */
final class RegionServer {

  /**
   * From 2.50 on, Triton does not unregister a region that a request still uses; before, that was a
   * crash (triton-inference-server/server, pull request 7567).
   */
  private static final int COUNTS_USERS_FROM = 50;

  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\..*");

  private final SharedMemoryControl memory;
  private final ServerControl server;

  RegionServer(SharedMemoryControl memory, ServerControl server) {
    this.memory = memory;
    this.server = server;
  }

  void register(SharedRegion region, CallSettings call) {
    memory.register(region.description(), call);
  }

  /** Makes the server forget a region; nothing happens where it does not know it. */
  void unregister(SharedRegion region, CallSettings call) {
    memory.unregisterSystem(region.name(), call);
  }

  /** Regions of processes that died before they could unregister them. */
  void unregisterAbandoned(CallSettings call) {
    for (SharedMemoryControl.SystemRegion region : memory.systemRegions(call)) {
      if (RegionName.isAbandoned(region.name())) {
        memory.unregisterSystem(region.name(), call);
      }
    }
  }

  /** Whether it keeps a region, whoever unregisters it, as long as a request uses it. */
  boolean countsUsers(CallSettings call) {
    Matcher version = VERSION.matcher(server.metadata(call).version());
    if (!version.matches()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    int minor = Integer.parseInt(version.group(2));
    return major > 2 || major == 2 && minor >= COUNTS_USERS_FROM;
  }
}
