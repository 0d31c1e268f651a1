package io.winnow.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Stands before a service on loopback, passes everything on and counts what the service sends. */
final class WireCounter implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  private final int servicePort;
  private final ServerSocket door;
  private final AtomicLong sent = new AtomicLong();

  /**
   * Opens the door; the service may come later.
   *
   * @param servicePort where the service listens
   */
  WireCounter(int servicePort) throws IOException {
    this.servicePort = servicePort;
    this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** Where to call instead of the service. */
  int port() {
    return door.getLocalPort();
  }

  /** Bytes that the service has sent so far; counted before the caller gets them. */
  long sent() {
    return sent.get();
  }

  @Override
  public void close() throws IOException {
    door.close();
  }

  private void accept() throws IOException {
    while (!door.isClosed()) {
      Socket caller = door.accept();
      Socket service = new Socket(InetAddress.getLoopbackAddress(), servicePort);
      start(() -> pump(caller, service, new AtomicLong()));
      start(() -> pump(service, caller, sent));
    }
  }

  private static void pump(Socket from, Socket to, AtomicLong count) throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        count.addAndGet(read);
        out.write(buffer, 0, read);
      }
    }
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                // A connection or the door was closed, which is how these threads end.
              }
            },
            "wire-counter");
    thread.setDaemon(true);
    thread.start();
  }

  private interface Task {
    void run() throws IOException;
  }
}
