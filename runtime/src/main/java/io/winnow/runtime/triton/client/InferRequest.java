package io.winnow.runtime.triton.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One request to a model. Immutable; made by {@link #to}. */
public final class InferRequest {

  private final String model;
  private final String version;
  private final String id;
  private final Map<String, InputData> inputs;
  private final List<RequestedOutput> outputs;
  private final Parameters parameters;

  private InferRequest(Builder builder) {
    this.model = builder.model;
    this.version = builder.version;
    this.id = builder.id;
    this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(builder.inputs));
    this.outputs = List.copyOf(builder.outputs);
    this.parameters = builder.parameters;
  }

  /** Begins a request to a model. */
  public static Builder to(String model) {
    return new Builder(model);
  }

  /** Model name. */
  public String model() {
    return model;
  }

  /** Model version; empty lets the server choose. */
  public String version() {
    return version;
  }

  /** Comes back with every response; empty where none was given. */
  public String id() {
    return id;
  }

  /** Inputs by name, in the order in which they were added. */
  public Map<String, InputData> inputs() {
    return inputs;
  }

  /** Wanted outputs; empty for all. */
  public List<RequestedOutput> outputs() {
    return outputs;
  }

  /** Parameters, reserved ones included. */
  public Parameters parameters() {
    return parameters;
  }

  /** Whether it belongs to a sequence, so that it must not be sent twice or elsewhere. */
  boolean inSequence() {
    return parameters.names().contains(Builder.SEQUENCE_ID);
  }

  /** A builder that begins with this request's parts. */
  public Builder toBuilder() {
    Builder builder = new Builder(model);
    builder.version = version;
    builder.id = id;
    builder.inputs.putAll(inputs);
    builder.outputs.addAll(outputs);
    builder.parameters = parameters;
    return builder;
  }

  /** Collects the parts of a request. Not thread-safe. */
  public static final class Builder {

    static final String SEQUENCE_ID = "sequence_id";

    private final String model;
    private String version = "";
    private String id = "";
    private final Map<String, InputData> inputs = new LinkedHashMap<>();
    private final List<RequestedOutput> outputs = new ArrayList<>();
    private Parameters parameters = Parameters.none();

    private Builder(String model) {
      if (model.isEmpty()) {
        throw new IllegalArgumentException("a request needs a model");
      }
      this.model = model;
    }

    /** Asks for one version; otherwise the server chooses. */
    public Builder version(String wanted) {
      version = Objects.requireNonNull(wanted);
      return this;
    }

    /** Names the request. On a stream ids must differ; where none is given the stream makes one. */
    public Builder id(String wanted) {
      id = Objects.requireNonNull(wanted);
      return this;
    }

    /** Adds an input, or replaces the one of that name. */
    public Builder input(String name, InputData data) {
      inputs.put(name, Objects.requireNonNull(data));
      return this;
    }

    /** Asks for an output; a request that asks for none gets all. */
    public Builder output(String name) {
      return output(RequestedOutput.of(name));
    }

    /**
     * Asks for an output of at most {@code sizeLimit} bytes, so that shared memory may carry it.
     */
    public Builder output(String name, long sizeLimit) {
      return output(new RequestedOutput(name, sizeLimit, null, 0));
    }

    /** Asks for an output. */
    public Builder output(RequestedOutput output) {
      outputs.add(output);
      return this;
    }

    /** Adds a parameter; see {@link #parameters}. */
    public Builder parameter(String name, String value) {
      parameters = parameters.with(name, value);
      return this;
    }

    /** Adds a parameter; see {@link #parameters}. */
    public Builder parameter(String name, long value) {
      parameters = parameters.with(name, value);
      return this;
    }

    /** Adds a parameter; see {@link #parameters}. */
    public Builder parameter(String name, boolean value) {
      parameters = parameters.with(name, value);
      return this;
    }

    /**
     * Replaces all parameters. Triton keeps the reserved names to itself; the model sees others.
     */
    public Builder parameters(Parameters all) {
      parameters = Objects.requireNonNull(all);
      return this;
    }

    /**
     * Makes it part of a sequence, whose requests one instance of the model serves in order.
     *
     * @param sequence not 0, and unique among all clients of the server: draw it at random
     */
    public Builder sequence(long sequence, boolean start, boolean end) {
      if (sequence == 0) {
        throw new IllegalArgumentException("sequence id 0 means no sequence");
      }
      parameters = parameters.with(SEQUENCE_ID, sequence);
      return sequenceBounds(start, end);
    }

    /**
     * Makes it part of a sequence with a text as its id. Only for models whose CORRID control is a
     * string: others read garbage.
     */
    public Builder sequence(String sequence, boolean start, boolean end) {
      if (sequence.isEmpty()) {
        throw new IllegalArgumentException("an empty sequence id means no sequence");
      }
      parameters = parameters.with(SEQUENCE_ID, sequence);
      return sequenceBounds(start, end);
    }

    private Builder sequenceBounds(boolean start, boolean end) {
      parameters = parameters.with("sequence_start", start).with("sequence_end", end);
      return this;
    }

    /** Ranks it in the queue of a model with priority levels: 1 is served first, 0 the default. */
    public Builder priority(long level) {
      parameters = parameters.with("priority", level);
      return this;
    }

    /**
     * Bounds its time in the server's queue, where the model's queue policy allows that. The call's
     * own deadline is {@link CallSettings#timeout()}.
     */
    public Builder queueTimeout(Duration timeout) {
      long micros = timeout.toNanos() / 1_000;
      if (micros <= 0) {
        throw new IllegalArgumentException("queue timeout " + timeout + " is below 1 us");
      }
      parameters = parameters.with("timeout", micros);
      return this;
    }

    /**
     * Asks a decoupled model's stream for an empty last response, which says that no other comes.
     */
    public Builder emptyFinalResponse() {
      parameters = parameters.with("triton_enable_empty_final_response", true);
      return this;
    }

    /** The request. */
    public InferRequest build() {
      return new InferRequest(this);
    }
  }
}
