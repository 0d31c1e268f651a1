package io.winnow.runtime.triton.client;

import com.google.protobuf.ByteString;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelConfig;
import io.winnow.inference.ModelConfigRequest;
import io.winnow.inference.ModelMetadataRequest;
import io.winnow.inference.ModelMetadataResponse;
import io.winnow.inference.ModelRepositoryParameter;
import io.winnow.inference.ModelStatisticsRequest;
import io.winnow.inference.RepositoryIndexRequest;
import io.winnow.inference.RepositoryModelLoadRequest;
import io.winnow.inference.RepositoryModelUnloadRequest;
import java.util.List;

/**
 * The models of one server. All methods wait for the answer and throw {@link TritonException} where
 * the server cannot be asked or refuses: NOT_FOUND for a model that is not there, UNAVAILABLE for
 * one that is not loaded. An empty version stands for the one that the server chooses.
 */
public final class RepositoryControl {

  private final UnaryCalls calls;

  RepositoryControl(UnaryCalls calls) {
    this.calls = calls;
  }

  /** Inputs and outputs of a loaded model. */
  public ModelMetadata metadata(String model, String version, CallSettings settings) {
    ModelMetadataResponse response =
        calls.blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getModelMetadataMethod(),
                ModelMetadataRequest.newBuilder().setName(model).setVersion(version).build(),
                settings,
                model));
    return new ModelMetadata(
        response.getName(),
        response.getVersionsList(),
        response.getPlatform(),
        response.getInputsList().stream().map(RepositoryControl::tensor).toList(),
        response.getOutputsList().stream().map(RepositoryControl::tensor).toList());
  }

  private static ModelMetadata.TensorMetadata tensor(ModelMetadataResponse.TensorMetadata message) {
    return new ModelMetadata.TensorMetadata(
        message.getName(), TensorType.named(message.getDatatype()), message.getShapeList());
  }

  /** The configuration of a loaded model, as the server completed it: the protocol's message. */
  public ModelConfig config(String model, String version, CallSettings settings) {
    return calls
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getModelConfigMethod(),
                ModelConfigRequest.newBuilder().setName(model).setVersion(version).build(),
                settings,
                model))
        .getConfig();
  }

  /**
   * Counters.
   *
   * @param model empty: all models
   * @param version empty: all versions
   */
  public List<ModelCounters> statistics(String model, String version, CallSettings settings) {
    return calls
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getModelStatisticsMethod(),
                ModelStatisticsRequest.newBuilder().setName(model).setVersion(version).build(),
                settings,
                model))
        .getModelStatsList()
        .stream()
        .map(ModelCounters::of)
        .toList();
  }

  /**
   * The models that the repository holds.
   *
   * @param readyOnly only those that take requests
   */
  public List<ModelIndexEntry> index(boolean readyOnly, CallSettings settings) {
    return calls
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getRepositoryIndexMethod(),
                RepositoryIndexRequest.newBuilder().setReady(readyOnly).build(),
                settings,
                ""))
        .getModelsList()
        .stream()
        .map(
            entry ->
                new ModelIndexEntry(
                    entry.getName(), entry.getVersion(), entry.getState(), entry.getReason()))
        .toList();
  }

  /**
   * Loads or reloads a model; returns when it takes requests. Give it the time that loading takes.
   * Only where the server runs with {@code --model-control-mode=explicit}.
   */
  public void load(String model, LoadSettings from, CallSettings settings) {
    RepositoryModelLoadRequest.Builder request =
        RepositoryModelLoadRequest.newBuilder().setModelName(model);
    if (from.config() != null) {
      request.putParameters(
          "config", ModelRepositoryParameter.newBuilder().setStringParam(from.config()).build());
    }
    from.files()
        .forEach(
            (path, contents) ->
                request.putParameters(
                    "file:" + path,
                    ModelRepositoryParameter.newBuilder()
                        .setBytesParam(ByteString.copyFrom(contents.duplicate()))
                        .build()));
    RepositoryModelLoadRequest message = request.build();
    calls.blocking(
        UnaryCalls.Call.of(
            GRPCInferenceServiceGrpc.getRepositoryModelLoadMethod(), message, settings, model));
  }

  /**
   * Unloads a model: it takes no new requests. Those under way are answered; the server may answer
   * this call before they are.
   *
   * @param withDependents whether the models that an ensemble is made of go too
   */
  public void unload(String model, boolean withDependents, CallSettings settings) {
    RepositoryModelUnloadRequest request =
        RepositoryModelUnloadRequest.newBuilder()
            .setModelName(model)
            .putParameters(
                "unload_dependents",
                ModelRepositoryParameter.newBuilder().setBoolParam(withDependents).build())
            .build();
    calls.blocking(
        UnaryCalls.Call.of(
            GRPCInferenceServiceGrpc.getRepositoryModelUnloadMethod(), request, settings, model));
  }
}
