package io.winnow.runtime.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/** Stands for a service: reports what happens to it and ends with status 7 once it is asked to. */
final class TinyService {

  private TinyService() {}

  public static void main(String... args) throws InterruptedException {
    CountDownLatch stopping = new CountDownLatch(1);
    StopRequests.install(stopping::countDown, args);
    System.out.println("running");
    if (args.length == 0) {
      reportInput();
    }
    stopping.await();
    System.out.println("stopping");
    System.exit(7);
  }

  private static void reportInput() {
    Thread reader =
        new Thread(
            () -> {
              try {
                BufferedReader input =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                String line = input.readLine();
                if (line != null && input.readLine() == null) {
                  System.out.println("read " + line + ", then the end");
                }
              } catch (IOException e) {
                System.out.println("unreadable input " + e);
              }
            });
    reader.setDaemon(true);
    reader.start();
  }
}
