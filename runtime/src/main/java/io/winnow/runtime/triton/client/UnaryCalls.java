package io.winnow.runtime.triton.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Makes calls with one request and one response. */
final class UnaryCalls {

  private final AgedChannel channel;
  private final String address;

  UnaryCalls(AgedChannel channel, String address) {
    this.channel = channel;
    this.address = address;
  }

  /**
   * Makes a call and waits for its response.
   *
   * @throws TritonException if it fails
   */
  <Q, R> R blocking(MethodDescriptor<Q, R> method, Q request, CallSettings settings, String model) {
    try {
      return ClientCalls.blockingUnaryCall(through(settings), method, options(settings), request);
    } catch (StatusRuntimeException e) {
      throw TritonException.of(e, address, model);
    }
  }

  /** Makes a call; cancelling the future cancels it. */
  <Q, R, T> CompletableFuture<T> future(
      MethodDescriptor<Q, R> method,
      Q request,
      CallSettings settings,
      String model,
      Function<R, T> decode) {
    ClientCall<Q, R> call = through(settings).newCall(method, options(settings));
    CompletableFuture<T> result = new CallFuture<>(call);
    ClientCalls.asyncUnaryCall(call, request, new Receiver<>(result, decode, model));
    return result;
  }

  private Channel through(CallSettings settings) {
    Channel open = channel.get();
    return settings.headers().isEmpty()
        ? open
        : ClientInterceptors.intercept(
            open, MetadataUtils.newAttachHeadersInterceptor(headers(settings)));
  }

  static CallOptions options(CallSettings settings) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
    return settings.compressed() ? options.withCompression("gzip") : options;
  }

  static Metadata headers(CallSettings settings) {
    Metadata headers = new Metadata();
    settings
        .headers()
        .forEach(
            (name, value) ->
                headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    return headers;
  }

  /** A future whose cancellation cancels the call. */
  private static final class CallFuture<T> extends CompletableFuture<T> {

    private final ClientCall<?, ?> call;

    CallFuture(ClientCall<?, ?> call) {
      this.call = call;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(mayInterruptIfRunning);
      if (cancelled) {
        call.cancel("the future was cancelled", null);
      }
      return cancelled;
    }
  }

  /** Completes a future. */
  private final class Receiver<R, T> implements io.grpc.stub.StreamObserver<R> {

    private final CompletableFuture<T> result;
    private final Function<R, T> decode;
    private final String model;

    Receiver(CompletableFuture<T> result, Function<R, T> decode, String model) {
      this.result = result;
      this.decode = decode;
      this.model = model;
    }

    @Override
    public void onNext(R response) {
      try {
        result.complete(decode.apply(response));
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    }

    @Override
    public void onError(Throwable failure) {
      result.completeExceptionally(
          TritonException.of(Status.fromThrowable(failure), address, model, failure));
    }

    @Override
    public void onCompleted() {}
  }
}
