package io.winnow.runtime.triton.client;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.InferParameter;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ServerMetadataRequest;
import io.winnow.inference.ServerMetadataResponse;
import io.winnow.inference.SystemSharedMemoryRegisterRequest;
import io.winnow.inference.SystemSharedMemoryRegisterResponse;
import io.winnow.inference.SystemSharedMemoryStatusRequest;
import io.winnow.inference.SystemSharedMemoryStatusResponse;
import io.winnow.inference.SystemSharedMemoryUnregisterRequest;
import io.winnow.inference.SystemSharedMemoryUnregisterResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that maps shared memory for real and echoes input "x" as output "x". */
final class SharingTriton extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase
    implements AutoCloseable {

  private static final AtomicInteger SERVERS = new AtomicInteger();

  final Map<String, ByteBuffer> regions = new ConcurrentHashMap<>();
  final AtomicInteger sharedInputs = new AtomicInteger();
  final AtomicInteger sharedOutputs = new AtomicInteger();
  final AtomicInteger registrations = new AtomicInteger();
  volatile boolean refusesRegions;

  /** Whether registrations wait for ever. */
  volatile boolean ignoresRegions;

  volatile boolean silent;

  /** What the server says that it is; empty: it does not know that call. */
  volatile String version = "";

  /** Whether regions cannot be unregistered, because requests still use them. */
  volatile boolean regionsInUse;

  private final String name = "sharing-" + SERVERS.incrementAndGet();
  private final Server server;

  SharingTriton() {
    try {
      server = InProcessServerBuilder.forName(name).addService(this).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TritonEndpoint endpoint(String address, SharedMemorySettings settings) {
    return TritonEndpoint.of(
        new Backend(
            address,
            new AgedChannel(
                () -> InProcessChannelBuilder.forName(name).build(), null, System::nanoTime),
            ClientSettings.defaults().with(settings),
            System::nanoTime),
        RetrySettings.none());
  }

  @Override
  public void systemSharedMemoryRegister(
      SystemSharedMemoryRegisterRequest request,
      StreamObserver<SystemSharedMemoryRegisterResponse> answer) {
    registrations.incrementAndGet();
    if (ignoresRegions) {
      return;
    }
    Path file = Path.of("/dev/shm" + request.getKey());
    if (refusesRegions) {
      answer.onError(
          Status.INTERNAL.withDescription("Unable to open " + file).asRuntimeException());
      return;
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      regions.put(
          request.getName(), channel.map(FileChannel.MapMode.READ_WRITE, 0, request.getByteSize()));
    } catch (IOException e) {
      answer.onError(Status.INTERNAL.withCause(e).asRuntimeException());
      return;
    }
    answer.onNext(SystemSharedMemoryRegisterResponse.getDefaultInstance());
    answer.onCompleted();
  }

  @Override
  public void systemSharedMemoryStatus(
      SystemSharedMemoryStatusRequest request,
      StreamObserver<SystemSharedMemoryStatusResponse> answer) {
    SystemSharedMemoryStatusResponse.Builder status = SystemSharedMemoryStatusResponse.newBuilder();
    regions.forEach(
        (region, memory) ->
            status.putRegions(
                region,
                SystemSharedMemoryStatusResponse.RegionStatus.newBuilder()
                    .setName(region)
                    .setByteSize(memory.capacity())
                    .build()));
    answer.onNext(status.build());
    answer.onCompleted();
  }

  @Override
  public void systemSharedMemoryUnregister(
      SystemSharedMemoryUnregisterRequest request,
      StreamObserver<SystemSharedMemoryUnregisterResponse> answer) {
    if (regionsInUse) {
      answer.onError(
          Status.INTERNAL
              .withDescription("Cannot unregister, it is currently in use")
              .asRuntimeException());
      return;
    }
    regions.remove(request.getName());
    answer.onNext(SystemSharedMemoryUnregisterResponse.getDefaultInstance());
    answer.onCompleted();
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> answer) {
    if (version.isEmpty()) {
      super.serverMetadata(request, answer);
      return;
    }
    answer.onNext(ServerMetadataResponse.newBuilder().setVersion(version).build());
    answer.onCompleted();
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answer) {
    if (silent) {
      return;
    }
    try {
      answer.onNext(echo(request));
      answer.onCompleted();
    } catch (IllegalStateException e) {
      answer.onError(Status.NOT_FOUND.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  private ModelInferResponse echo(ModelInferRequest request) {
    ModelInferRequest.InferInputTensor input = request.getInputs(0);
    ByteBuffer data;
    if (input.getParametersCount() > 0) {
      sharedInputs.incrementAndGet();
      data = place(input.getParametersMap());
    } else {
      data = request.getRawInputContents(0).asReadOnlyByteBuffer();
    }
    ModelInferResponse.Builder response = ModelInferResponse.newBuilder().setModelName("echo");
    response
        .addOutputsBuilder()
        .setName("x")
        .setDatatype(input.getDatatype())
        .addAllShape(input.getShapeList());
    if (request.getOutputsCount() > 0 && request.getOutputs(0).getParametersCount() > 0) {
      sharedOutputs.incrementAndGet();
      place(request.getOutputs(0).getParametersMap()).put(data);
      response.addRawOutputContents(ByteString.EMPTY);
    } else {
      response.addRawOutputContents(ByteString.copyFrom(data));
    }
    return response.build();
  }

  private ByteBuffer place(Map<String, InferParameter> parameters) {
    String region = parameters.get("shared_memory_region").getStringParam();
    ByteBuffer memory = regions.get(region);
    if (memory == null) {
      throw new IllegalStateException("Unable to find shared memory region: '" + region + "'");
    }
    int offset =
        parameters.containsKey("shared_memory_offset")
            ? (int) parameters.get("shared_memory_offset").getInt64Param()
            : 0;
    int size = (int) parameters.get("shared_memory_byte_size").getInt64Param();
    return memory.duplicate().position(offset).limit(offset + size).slice();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
