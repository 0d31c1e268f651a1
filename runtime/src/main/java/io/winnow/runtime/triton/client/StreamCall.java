package io.winnow.runtime.triton.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelStreamInferResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A stream over a gRPC call. */
final class StreamCall extends ClientCall.Listener<ModelStreamInferResponse>
    implements InferStream {

  private final ClientCall<ModelInferRequest, ModelStreamInferResponse> call;
  private final StreamListener listener;
  private final StreamSettings settings;
  private final Backend.Lease lease;

  /** Outputs that the server writes into shared memory, by request, until the last response. */
  private final Map<String, List<RequestedOutput>> placed = new ConcurrentHashMap<>();

  private final AtomicLong lastId = new AtomicLong();
  private final Object sending = new Object();
  private boolean halfClosed;
  private boolean cancelled;
  private volatile boolean ended;

  /** Set before the call is cancelled because of us: the transport would only say "cancelled". */
  private volatile @Nullable Status localFailure;

  private StreamCall(
      ClientCall<ModelInferRequest, ModelStreamInferResponse> call,
      StreamListener listener,
      StreamSettings settings,
      Backend.Lease lease) {
    this.call = call;
    this.listener = listener;
    this.settings = settings;
    this.lease = lease;
  }

  /** Opens a stream on the leased server; the lease ends with it. */
  static InferStream open(Backend.Lease lease, StreamSettings settings, StreamListener listener) {
    try {
      StreamCall stream =
          new StreamCall(
              lease
                  .backend()
                  .channel()
                  .newCall(
                      GRPCInferenceServiceGrpc.getModelStreamInferMethod(),
                      UnaryCalls.options(settings.call())),
              listener,
              settings,
              lease);
      stream.start(UnaryCalls.headers(settings.call()));
      return stream;
    } catch (RuntimeException e) {
      lease.end(Status.Code.CANCELLED);
      throw e;
    }
  }

  private void start(Metadata headers) {
    call.start(this, headers);
    if (settings.call().compressed()) {
      call.setMessageCompression(true);
    }
    if (settings.initialCredit() > 0) {
      call.request(settings.initialCredit());
    }
  }

  @Override
  public String send(InferRequest request) {
    InferRequest named =
        request.id().isEmpty()
            ? request.toBuilder().id("r" + lastId.incrementAndGet()).build()
            : request;
    ModelInferRequest message = fitting(InferCoding.encode(named));
    if (named.outputs().stream().anyMatch(output -> output.place() != null)) {
      placed.put(named.id(), named.outputs());
    }
    synchronized (sending) {
      if (halfClosed) {
        throw new IllegalStateException("the stream was half-closed");
      }
      if (!ended && !cancelled) {
        call.sendMessage(message);
      }
    }
    return named.id();
  }

  private ModelInferRequest fitting(ModelInferRequest message) {
    try {
      lease.backend().requireFitting(message);
      return message;
    } catch (StatusRuntimeException e) {
      throw TritonException.of(e, lease.backend().address(), settings.model());
    }
  }

  @Override
  public boolean isReady() {
    return !ended && call.isReady();
  }

  @Override
  public void request(int messages) {
    call.request(messages);
  }

  @Override
  public void halfClose() {
    synchronized (sending) {
      if (!halfClosed && !ended && !cancelled) {
        call.halfClose();
      }
      halfClosed = true;
    }
  }

  @Override
  public void cancel(String reason) {
    synchronized (sending) {
      cancelled = true; // gRPC takes nothing after a cancellation
    }
    if (!ended) {
      call.cancel(reason, null);
    }
  }

  @Override
  public void onMessage(ModelStreamInferResponse message) {
    if (localFailure != null) {
      return;
    }
    lease.onMessage();
    try {
      if (message.getErrorMessage().isEmpty()) {
        listener.onResponse(decode(message.getInferResponse()));
      } else {
        placed.remove(message.getInferResponse().getId());
        listener.onRequestFailed(message.getInferResponse().getId(), message.getErrorMessage());
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private InferResponse decode(ModelInferResponse message) {
    InferResponse response =
        InferCoding.decode(message, placed.getOrDefault(message.getId(), List.of()));
    if (response.isFinal()) {
      placed.remove(message.getId());
    }
    return response;
  }

  @Override
  public void onReady() {
    if (localFailure != null) {
      return;
    }
    try {
      listener.onReady();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void fail(RuntimeException cause) {
    localFailure =
        Status.INTERNAL
            .withDescription("a message could not be taken: " + cause.getMessage())
            .withCause(cause);
    synchronized (sending) {
      cancelled = true;
    }
    call.cancel("a message could not be taken", cause);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    ended = true;
    lease.end(status.getCode());
    Status failed = localFailure != null ? localFailure : status;
    listener.onClosed(
        failed.isOk()
            ? null
            : TritonException.of(
                failed, lease.backend().address(), settings.model(), failed.getCause()));
  }
}
