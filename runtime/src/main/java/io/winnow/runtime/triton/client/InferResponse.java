package io.winnow.runtime.triton.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a model answered. Immutable; its tensors stay valid for as long as they are held. */
public final class InferResponse {

  private static final String FINAL = "triton_final_response";

  private final String model;
  private final String version;
  private final String id;
  private final Parameters parameters;
  private final Map<String, InputData> outputs;

  InferResponse(
      String model,
      String version,
      String id,
      Parameters parameters,
      LinkedHashMap<String, InputData> outputs) {
    this.model = model;
    this.version = version;
    this.id = id;
    this.parameters = parameters;
    this.outputs = outputs;
  }

  /** Model name. */
  public String model() {
    return model;
  }

  /** The version that answered. */
  public String version() {
    return version;
  }

  /** The request's id. */
  public String id() {
    return id;
  }

  /** Parameters, those of the model included. */
  public Parameters parameters() {
    return parameters;
  }

  /** Whether no other response to the request follows; only servers' streams say so. */
  public boolean isFinal() {
    return parameters.flag(FINAL);
  }

  /** Names of the outputs, in the model's order; none in an empty last response. */
  public Set<String> outputNames() {
    return Collections.unmodifiableSet(outputs.keySet());
  }

  /**
   * An output that came in the response.
   *
   * @throws IllegalArgumentException if there is none of that name, or it was written into shared
   *     memory that the caller named
   */
  public Tensor output(String name) {
    if (outputs.get(name) instanceof Tensor tensor) {
      return tensor;
    }
    String why = outputs.containsKey(name) ? "is in the caller's shared memory" : "is missing";
    throw new IllegalArgumentException(
        "output \"" + name + "\" of " + model + " " + why + "; there are " + outputs.keySet());
  }

  /** The output if it was written into shared memory that the caller named; otherwise null. */
  public @Nullable SharedTensor sharedOutput(String name) {
    return outputs.get(name) instanceof SharedTensor place ? place : null;
  }

  InferResponse withOutputs(UnaryOperator<InputData> change) {
    LinkedHashMap<String, InputData> changed = new LinkedHashMap<>();
    outputs.forEach((name, output) -> changed.put(name, change.apply(output)));
    return new InferResponse(model, version, id, parameters, changed);
  }
}
