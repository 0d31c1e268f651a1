package io.winnow.cli.explain;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The services' own stores of recent traces, {@code /winnow/traces} of each. */
public final class TraceStores {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<URI> services;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();

  /**
   * @param services HTTP addresses; the first is decoder-svc's, where requests begin
   */
  public TraceStores(List<URI> services) {
    this.services = List.copyOf(services);
  }

  /** Id of the latest trace; empty if there is none. */
  public Optional<String> last() throws IOException {
    HttpResponse<byte[]> response = get(services.get(0), "/winnow/traces");
    if (response.statusCode() != 200) {
      throw new IOException(
          "%s keeps no traces; winnow.traces.store-bytes switches that on"
              .formatted(services.get(0)));
    }
    String id = JSON.readTree(response.body()).path("traces").path(0).asText();
    return Optional.of(id).filter(found -> !found.isEmpty());
  }

  /**
   * What the services hold of a trace, each as OTLP JSON.
   *
   * @throws IOException if a service cannot be asked
   */
  public List<byte[]> trace(String id) throws IOException {
    List<byte[]> parts = new ArrayList<>();
    for (URI service : services) {
      HttpResponse<byte[]> response = get(service, "/winnow/traces/" + id);
      if (response.statusCode() == 200) {
        parts.add(response.body());
      }
    }
    return parts;
  }

  /** The spans of several documents. */
  public static List<TraceSpan> spans(List<byte[]> parts) throws IOException {
    List<TraceSpan> spans = new ArrayList<>();
    for (byte[] part : parts) {
      spans.addAll(OtlpJson.read(new ByteArrayInputStream(part)));
    }
    return spans;
  }

  private HttpResponse<byte[]> get(URI service, String path) throws IOException {
    URI uri = URI.create(service.toString().replaceFirst("/+$", "") + path);
    try {
      return http.send(
          HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new IOException("cannot ask " + uri + " for the trace: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while asking for the trace");
    }
  }
}
