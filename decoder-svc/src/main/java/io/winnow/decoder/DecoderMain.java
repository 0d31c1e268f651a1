package io.winnow.decoder;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.winnow.runtime.process.StopRequests;

/** The process. */
@QuarkusMain
public final class DecoderMain {

  private DecoderMain() {}

  public static void main(String... args) {
    StopRequests.install(Quarkus::asyncExit, args);
    Quarkus.run(args);
  }
}
