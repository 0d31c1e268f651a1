package io.winnow.decoder;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.winnow.runtime.process.StopRequests;
import java.security.Security;

/** The process. */
@QuarkusMain
public final class DecoderMain {

  /** The JVM's own 30 s would hide new replicas from whoever looks up names more often. */
  private static final String ADDRESS_CACHE_SECONDS = "1";

  private DecoderMain() {}

  public static void main(String... args) {
    Security.setProperty("networkaddress.cache.ttl", ADDRESS_CACHE_SECONDS);
    Security.setProperty("networkaddress.cache.negative.ttl", ADDRESS_CACHE_SECONDS);
    StopRequests.install(Quarkus::asyncExit, args);
    Quarkus.run(args);
  }
}
