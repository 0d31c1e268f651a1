package io.winnow.encoder.pictures;

import io.winnow.encoder.pictures.EncodeOutcome.Encoded;
import io.winnow.encoder.pictures.EncodeOutcome.Failed;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.EncoderTelemetry.Lookup;
import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.process.DaemonThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Encodes pictures on a few workers behind a bounded queue. The same picture that several callers
 * want at a time is encoded once; it is given up only when all of them have abandoned it.
 * Thread-safe; no method but {@link #close()} waits.
 */
public final class PictureEncoder implements AutoCloseable {

  private static final Logger log = System.getLogger(PictureEncoder.class.getName());
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

  private final Map<String, EncoderModel> models = new TreeMap<>();
  private final EncoderLimits limits;
  private final EncoderTelemetry telemetry;
  private final UploadBudget uploads;
  private final ThreadPoolExecutor workers;
  private final EmbeddingCache cache; // guarded by this
  private final Map<PictureKey, Flight> flights = new HashMap<>(); // guarded by this
  private boolean closed; // guarded by this

  /** Takes over the models: {@link #close()} closes them. */
  public PictureEncoder(Collection<EncoderModel> models, EncoderLimits limits) {
    this(models, limits, EncoderTelemetry.NONE);
  }

  /** The same, with somebody who wants to hear how it goes. */
  public PictureEncoder(
      Collection<EncoderModel> models, EncoderLimits limits, EncoderTelemetry telemetry) {
    this.telemetry = telemetry;
    models.forEach(model -> this.models.put(model.name(), model));
    this.limits = limits;
    this.uploads = new UploadBudget(limits.maxUploadBytes());
    this.cache = new EmbeddingCache(limits.cacheBytes());
    AtomicInteger started = new AtomicInteger();
    this.workers =
        new ThreadPoolExecutor(
            limits.workers(),
            limits.workers(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(limits.maxQueued()),
            task -> DaemonThreads.named("encode-" + started.incrementAndGet()).newThread(task));
  }

  /**
   * Looks for the picture in the cache and among those that are being encoded. If there is none, it
   * must be uploaded.
   *
   * @throws RefusedException if there is no such model
   */
  public synchronized Optional<EncodeTicket> find(PictureKey key) throws RefusedException {
    model(key.model());
    Optional<EncodeTicket> known = known(key);
    telemetry.lookedUp(key.model(), lookup(key, known.isPresent()));
    return known;
  }

  /**
   * Makes room for a picture file.
   *
   * @param length of the file, at least 1
   * @param trace of the request that uploads it; {@link PictureTrace#NONE} outside of any
   * @throws RefusedException if there is no such model, the file is too large, or too many are
   *     being uploaded already
   */
  public PictureUpload upload(PictureKey key, long length, PictureTrace trace)
      throws RefusedException {
    EncoderModel model = model(key.model());
    requireFileSize(length);
    if (!uploads.take(length)) {
      throw new RefusedException(
          Reason.OVERLOADED, "too many pictures are being uploaded; retry later");
    }
    return new PictureUpload(key, model, (int) length, uploads, trace);
  }

  /**
   * Refuses a file above the limit.
   *
   * @throws RefusedException if it is
   */
  public void requireFileSize(long length) throws RefusedException {
    if (length > limits.maxPictureBytes()) {
      throw new RefusedException(
          Reason.PICTURE_TOO_LARGE,
          "the picture file has %d bytes, the limit is %d: make it smaller"
              .formatted(length, limits.maxPictureBytes()));
    }
  }

  /** Queues a complete upload, which it takes over. Every refusal is an outcome. */
  public EncodeTicket submit(PictureUpload upload) {
    if (!upload.hasAnnouncedHash()) {
      upload.close();
      return refused(
          Reason.CONTENT_MISMATCH, "the uploaded bytes do not have the SHA-256 that was announced");
    }
    synchronized (this) {
      Optional<EncodeTicket> known = known(upload.key());
      if (known.isPresent()) {
        upload.close();
        return known.get();
      }
      return closed ? refusedByClosing(upload) : queue(new Flight(upload));
    }
  }

  /**
   * Ends what is queued and what runs with {@link Reason#DRAINING} and closes the models. Returns
   * when no thread is in native code any more. Idempotent.
   */
  @Override
  public void close() {
    List<Runnable> queued = new ArrayList<>();
    synchronized (this) {
      closed = true;
      workers.shutdown();
      workers.getQueue().drainTo(queued);
      cache.clear();
    }
    for (Runnable flight : queued) {
      ((Flight) flight).end(new Failed(stopped()));
    }
    models.values().forEach(model -> model.runtime().close());
    try {
      if (!workers.awaitTermination(CLOSE_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        log.log(Level.WARNING, "a worker still reads a picture; it is left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Names of the models, sorted. */
  public Set<String> models() {
    return Collections.unmodifiableSet(models.keySet());
  }

  /** Whether every model can be encoded with now, and nothing stops. */
  public boolean ready() {
    synchronized (this) {
      if (closed) {
        return false;
      }
    }
    return models.values().stream().allMatch(model -> model.runtime().alive());
  }

  /** Pictures that are queued or being encoded. */
  public synchronized int inFlight() {
    return flights.size();
  }

  /** Pictures that a worker is busy with. */
  public int encoding() {
    return workers.getActiveCount();
  }

  /** What waits for a worker. */
  public PictureLoad load(String model) {
    int queued = 0;
    for (Runnable flight : workers.getQueue()) {
      if (((Flight) flight).upload.key().model().equals(model)) {
        queued++;
      }
    }
    EncoderModel asked = models.get(model);
    return new PictureLoad(queued, asked == null ? 0 : (long) queued * asked.patchesPerPicture());
  }

  /** Bytes of the encodings that are kept. */
  public synchronized long cacheBytes() {
    return cache.bytes();
  }

  public EncoderLimits limits() {
    return limits;
  }

  /** Bytes of picture files that are held. */
  public long uploadBytes() {
    return uploads.held();
  }

  private EncoderModel model(String name) throws RefusedException {
    EncoderModel model = models.get(name);
    if (model == null) {
      throw new RefusedException(
          Reason.MODEL_NOT_FOUND,
          "there is no model \"%s\"; there are %s".formatted(name, models.keySet()));
    }
    return model;
  }

  private synchronized Optional<EncodeTicket> known(PictureKey key) {
    Optional<PictureTokens> cached = cache.get(key);
    if (cached.isPresent()) {
      return Optional.of(EncodeTicket.of(new Encoded(cached.get(), EncodeDurations.NONE, true)));
    }
    return Optional.ofNullable(flights.get(key)).map(Flight::board);
  }

  private Lookup lookup(PictureKey key, boolean known) {
    if (flights.containsKey(key)) {
      return Lookup.JOINED;
    }
    return known ? Lookup.HIT : Lookup.MISS;
  }

  private synchronized EncodeTicket queue(Flight flight) {
    try {
      workers.execute(flight);
    } catch (RejectedExecutionException e) {
      flight.upload.close();
      return refused(Reason.OVERLOADED, "too many pictures wait to be encoded; retry later");
    }
    // The flight may run already, but it cannot end before this monitor is free.
    flights.put(flight.upload.key(), flight);
    return flight.board();
  }

  private static EncodeTicket refusedByClosing(PictureUpload upload) {
    upload.close();
    return EncodeTicket.of(new Failed(stopped()));
  }

  private static EncodeTicket refused(Reason reason, String message) {
    return EncodeTicket.of(new Failed(new EncoderFailure(reason, message)));
  }

  private static EncoderFailure stopped() {
    return new EncoderFailure(Reason.DRAINING, "the encoder is stopping; retry elsewhere");
  }

  /** One encoding and the callers who wait for it. */
  private final class Flight implements Runnable {

    private final PictureUpload upload;
    private final long queuedAt = System.nanoTime();
    private final CompletableFuture<EncodeOutcome> outcome = new CompletableFuture<>();
    private int passengers; // guarded by the encoder

    Flight(PictureUpload upload) {
      this.upload = upload;
    }

    /** Called with the encoder's monitor held. */
    EncodeTicket board() {
      passengers++;
      return new EncodeTicket(outcome, this::leave);
    }

    @Override
    public void run() {
      try {
        end(encode());
      } catch (RefusedException e) {
        end(new Failed(e.failure()));
      } catch (RuntimeFullException e) {
        end(new Failed(new EncoderFailure(Reason.OVERLOADED, String.valueOf(e.getMessage()))));
      } catch (RuntimeStoppedException e) {
        end(new Failed(new EncoderFailure(Reason.DRAINING, String.valueOf(e.getMessage()))));
      } catch (Throwable e) {
        // The edge of the thread: whatever a decoder throws, the callers hear of an end.
        log.log(Level.ERROR, "a picture could not be encoded", e);
        end(new Failed(internal()));
      }
    }

    void end(EncodeOutcome ended) {
      upload.close();
      synchronized (PictureEncoder.this) {
        flights.remove(upload.key(), this);
        if (ended instanceof Encoded encoded && !closed) {
          cache.put(upload.key(), encoded.tokens());
        }
      }
      outcome.complete(ended);
    }

    private EncodeOutcome encode() throws RefusedException {
      long started = System.nanoTime();
      giveUpIfAbandoned();
      EncoderModel model = upload.model();
      PreparedPicture picture = model.reading().prepare(upload.file());
      upload.close();
      long prepared = System.nanoTime();
      giveUpIfAbandoned();
      EncodedPicture encoded =
          model.runtime().encode(picture.pixelValues(), upload.trace().towerBegins());
      EncodeDurations durations =
          new EncodeDurations(
              Duration.ofNanos(started - queuedAt),
              Duration.ofNanos(prepared - started),
              Duration.ofNanos(System.nanoTime() - prepared),
              picture.decode());
      int rows = model.runtime().manifest().getGridRows();
      int columns = model.runtime().manifest().getGridColumns();
      upload.trace().measuring(() -> telemetry.encoded(model.name(), durations));
      PictureTokens tokens =
          new PictureTokens(encoded, rows, columns, picture.width(), picture.height());
      return new Encoded(tokens, durations, false);
    }

    private void leave() {
      boolean removed;
      synchronized (PictureEncoder.this) {
        passengers--;
        removed = passengers == 0 && workers.remove(this);
        if (removed) {
          flights.remove(upload.key(), this);
        }
      }
      if (removed) {
        end(new Failed(abandoned()));
      }
    }

    /** From here on nobody can board, or somebody still waits. */
    private void giveUpIfAbandoned() throws RefusedException {
      synchronized (PictureEncoder.this) {
        if (passengers > 0) {
          return;
        }
        flights.remove(upload.key(), this);
      }
      throw new RefusedException(abandoned());
    }

    private static EncoderFailure abandoned() {
      return new EncoderFailure(Reason.INTERNAL, "nobody waits for this picture any more");
    }

    private static EncoderFailure internal() {
      return new EncoderFailure(
          Reason.INTERNAL, "the encoder failed on this picture; its log has the details");
    }
  }
}
