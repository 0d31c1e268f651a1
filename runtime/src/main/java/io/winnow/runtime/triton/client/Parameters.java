package io.winnow.runtime.triton.client;

import io.winnow.inference.InferParameter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Named values beside the tensors of a request or a response. Immutable. */
public final class Parameters {

  private static final Parameters NONE = new Parameters(Map.of());

  private final Map<String, InferParameter> values;

  private Parameters(Map<String, InferParameter> values) {
    this.values = values;
  }

  /** No parameters. */
  public static Parameters none() {
    return NONE;
  }

  static Parameters of(Map<String, InferParameter> values) {
    return values.isEmpty() ? NONE : new Parameters(Map.copyOf(values));
  }

  /** With a truth value. */
  public Parameters with(String name, boolean value) {
    return with(name, InferParameter.newBuilder().setBoolParam(value).build());
  }

  /** With a signed number. */
  public Parameters with(String name, long value) {
    return with(name, InferParameter.newBuilder().setInt64Param(value).build());
  }

  /** With an unsigned number: the same 64 bits. Triton 2.51 refuses it in custom parameters. */
  public Parameters withUnsigned(String name, long value) {
    return with(name, InferParameter.newBuilder().setUint64Param(value).build());
  }

  /** With a text. */
  public Parameters with(String name, String value) {
    return with(name, InferParameter.newBuilder().setStringParam(value).build());
  }

  /** With a floating point number. Triton 2.51 refuses it. */
  public Parameters with(String name, double value) {
    return with(name, InferParameter.newBuilder().setDoubleParam(value).build());
  }

  Parameters with(String name, InferParameter value) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a parameter needs a name");
    }
    Map<String, InferParameter> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Parameters(more);
  }

  /** The names. */
  public Set<String> names() {
    return Set.copyOf(values.keySet());
  }

  /** A truth value; false where it is absent or another kind. */
  public boolean flag(String name) {
    InferParameter value = values.get(name);
    return value != null && value.getBoolParam();
  }

  /** A whole number, signed or not; empty where it is absent or another kind. */
  public OptionalLong number(String name) {
    InferParameter value = values.get(name);
    if (value != null && value.hasInt64Param()) {
      return OptionalLong.of(value.getInt64Param());
    }
    return value != null && value.hasUint64Param()
        ? OptionalLong.of(value.getUint64Param())
        : OptionalLong.empty();
  }

  /** A floating point number; null where it is absent or another kind. */
  public @Nullable Double real(String name) {
    InferParameter value = values.get(name);
    return value != null && value.hasDoubleParam() ? (Double) value.getDoubleParam() : null;
  }

  /** A text; null where it is absent or another kind. */
  public @Nullable String text(String name) {
    InferParameter value = values.get(name);
    return value != null && value.hasStringParam() ? value.getStringParam() : null;
  }

  Map<String, InferParameter> asMap() {
    return values;
  }
}
