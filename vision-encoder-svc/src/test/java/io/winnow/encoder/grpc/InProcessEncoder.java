package io.winnow.encoder.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.quarkus.runtime.configuration.MemorySize;
import io.winnow.encoder.config.EncoderConfig;
import io.winnow.encoder.pictures.EncoderLimits;
import io.winnow.encoder.pictures.FakeTower;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.encoder.pictures.RecordedTelemetry;
import io.winnow.v1.VisionEncoderGrpc;
import io.winnow.v1.VisionEncoderGrpc.VisionEncoderStub;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real service on an in-process channel, with a fake tower as model "demo". Everything but
 * encoding happens on the caller's thread, so that what a test sees after a call is final.
 */
final class InProcessEncoder implements AutoCloseable {

  static final int MAX_PICTURE_BYTES = 1 << 20;
  static final int QUEUE = 4;

  final RecordedTelemetry telemetry = new RecordedTelemetry();
  final FakeTower tower;
  final PictureEncoder encoder;
  final VisionEncoderService service;
  final AtomicInteger messagesSent = new AtomicInteger();
  private final Server server;
  private final ManagedChannel channel;

  InProcessEncoder() throws IOException {
    this(new FakeTower(2, 3, 4), 10, Duration.ofMinutes(5));
  }

  InProcessEncoder(
      FakeTower tower, int maxStreams, Duration idleTimeout, ServerInterceptor... interceptors)
      throws IOException {
    this.tower = tower;
    EncoderLimits limits =
        new EncoderLimits(MAX_PICTURE_BYTES, 4 * MAX_PICTURE_BYTES, 2, QUEUE, 1 << 20);
    encoder = new PictureEncoder(List.of(tower.model("demo")), limits, telemetry);
    service = new VisionEncoderService(encoder, telemetry, config(maxStreams, idleTimeout));
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(service)
            .intercept(new SentMessages());
    List.of(interceptors).forEach(builder::intercept);
    server = builder.build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  VisionEncoderStub stub() {
    return VisionEncoderGrpc.newStub(channel);
  }

  PictureCall call() {
    return new PictureCall(stub());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    encoder.close();
    service.close();
  }

  private static EncoderConfig config(int maxStreams, Duration idleTimeout) {
    return new EncoderConfig() {
      @Override
      public Path models() {
        throw new UnsupportedOperationException();
      }

      @Override
      public Encoder encoder() {
        return new Streams(maxStreams, idleTimeout);
      }
    };
  }

  /** Counts what the service hands to the transport. */
  private final class SentMessages implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new SimpleForwardingServerCall<Q, R>(call) {
            @Override
            public void sendMessage(R message) {
              messagesSent.incrementAndGet();
              super.sendMessage(message);
            }
          },
          headers);
    }
  }

  /** The settings that the service itself reads. */
  private record Streams(int maxStreams, Duration idleTimeout) implements EncoderConfig.Encoder {

    @Override
    public MemorySize maxPictureBytes() {
      return new MemorySize(BigInteger.ONE);
    }

    @Override
    public long maxPicturePixels() {
      return 1;
    }

    @Override
    public MemorySize maxUploadBytes() {
      return new MemorySize(BigInteger.ONE);
    }

    @Override
    public int workers() {
      return 1;
    }

    @Override
    public OptionalInt intraOpThreads() {
      return OptionalInt.empty();
    }

    @Override
    public int maxQueued() {
      return 1;
    }

    @Override
    public MemorySize cacheBytes() {
      return new MemorySize(BigInteger.ONE);
    }

    @Override
    public Duration drainTimeout() {
      return Duration.ofSeconds(20);
    }
  }
}
