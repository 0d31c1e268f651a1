package io.winnow.cli.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the pid file of {@code serve} says, so that {@code ask} finds it.
 *
 * @param pid process id of the launcher
 * @param startedEpochMillis when that process started: process ids are used again
 * @param url where the API is
 * @param models the model repository it serves
 * @param services process ids by module
 * @param traceStores where the services keep recent traces, decoder-svc first
 */
public record RunningServe(
    long pid,
    long startedEpochMillis,
    String url,
    String models,
    Map<String, Long> services,
    List<String> traceStores) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public RunningServe {
    traceStores = traceStores == null ? List.of() : List.copyOf(traceStores); // an older serve
  }

  /** The pid file of this process. */
  public static RunningServe ofThisProcess(Mesh mesh, Path models) {
    ProcessHandle self = ProcessHandle.current();
    return new RunningServe(
        self.pid(),
        startOf(self),
        mesh.url().toString(),
        models.toString(),
        mesh.services().stream()
            .collect(Collectors.toMap(ServiceProcess::module, s -> s.handle().pid())),
        mesh.traceStores().stream().map(URI::toString).toList());
  }

  /** The serve that the file tells of, if it still runs. */
  public static Optional<RunningServe> find(Path file) throws IOException {
    try {
      RunningServe found = JSON.readValue(Files.readAllBytes(file), RunningServe.class);
      return Optional.of(found).filter(RunningServe::isAlive);
    } catch (NoSuchFileException | JsonProcessingException e) {
      return Optional.empty(); // none, or one that was cut off while it was written
    }
  }

  /** The addresses of the services' stores of traces. */
  public List<URI> stores() {
    return traceStores.stream().map(URI::create).toList();
  }

  /** Whether it serves this repository. */
  public boolean serves(Path repository) {
    return Path.of(models).equals(repository.toAbsolutePath().normalize());
  }

  public void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path written = Files.createTempFile(file.getParent(), "serve", ".json");
    Files.write(written, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Deletes the file, unless another serve has written it since. */
  public void delete(Path file) throws IOException {
    if (find(file).filter(this::equals).isPresent()) {
      Files.delete(file);
    }
  }

  private boolean isAlive() {
    return ProcessHandle.of(pid)
        .filter(process -> startOf(process) == startedEpochMillis)
        .isPresent();
  }

  private static long startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
