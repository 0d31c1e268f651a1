package io.winnow.runtime.triton.client;

import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelReadyRequest;
import java.util.concurrent.CompletableFuture;

/** Inference through a router: what an endpoint and a pool have in common. */
final class RoutedInference {

  private final Router router;
  private final UnaryCalls calls;

  RoutedInference(Router router, UnaryCalls calls) {
    this.router = router;
    this.calls = calls;
  }

  UnaryCalls calls() {
    return calls;
  }

  InferResponse infer(InferRequest request, CallSettings settings) {
    return calls.blocking(call(request, settings));
  }

  CompletableFuture<InferResponse> inferAsync(InferRequest request, CallSettings settings) {
    return calls.future(call(request, settings));
  }

  private static UnaryCalls.Call<ModelInferRequest, ModelInferResponse, InferResponse> call(
      InferRequest request, CallSettings settings) {
    if (request.inSequence() && settings.repeatable()) {
      throw new IllegalArgumentException("a request of a sequence must not be repeated");
    }
    return new UnaryCalls.Call<>(
        GRPCInferenceServiceGrpc.getModelInferMethod(),
        attempt -> InferCoding.encode(attempt.place(request)),
        (response, attempt) -> attempt.read(response, request),
        settings,
        request.model());
  }

  InferStream openStream(StreamSettings settings, StreamListener listener) {
    return StreamCall.open(router.acquire(null), settings, listener);
  }

  boolean modelReady(String model, String version, CallSettings settings) {
    return calls
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getModelReadyMethod(),
                ModelReadyRequest.newBuilder().setName(model).setVersion(version).build(),
                settings,
                model))
        .getReady();
  }
}
