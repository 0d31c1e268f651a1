package io.winnow.decoder.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A bare HTTP/1.1 connection, for what well-behaved clients do not do. */
final class RawClient implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  /**
   * @param receiveBuffer bytes that the client takes without reading; 0 for the system's choice
   */
  RawClient(int port, int receiveBuffer) throws IOException {
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** A request's head and body as they go over the wire. */
  static String post(String body, String... headers) {
    StringBuilder head = new StringBuilder("POST " + ApiServer.CHAT + " HTTP/1.1\r\nhost: x\r\n");
    head.append("content-type: application/json\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return head + "content-length: " + length + "\r\n\r\n" + body;
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The next response, its body by Content-Length. */
  Response response() throws IOException {
    Response head = head();
    int length =
        head.headers.stream()
            .filter(header -> header.startsWith("content-length:"))
            .mapToInt(header -> Integer.parseInt(header.substring(15).strip()))
            .findFirst()
            .orElse(0);
    return new Response(
        head.status, head.headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
  }

  /** The next response's status and headers, in lower case. */
  Response head() throws IOException {
    String status = line();
    List<String> headers = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      headers.add(line.toLowerCase(Locale.ROOT));
    }
    return new Response(Integer.parseInt(status.split(" ")[1]), headers, "");
  }

  String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("after " + line);
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Reads until the server closes the connection, or breaks it; fails if it does neither. */
  void awaitClose() throws IOException {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (SocketException broken) {
      return;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  record Response(int status, List<String> headers, String body) {}
}
