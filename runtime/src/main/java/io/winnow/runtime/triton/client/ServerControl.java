package io.winnow.runtime.triton.client;

import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.LogSettingsRequest;
import io.winnow.inference.LogSettingsResponse;
import io.winnow.inference.ServerMetadataRequest;
import io.winnow.inference.ServerMetadataResponse;
import io.winnow.inference.TraceSettingRequest;
import io.winnow.inference.TraceSettingResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One server: what it is, how it traces and logs. All methods wait for the answer. */
public final class ServerControl {

  private final UnaryCalls calls;

  ServerControl(UnaryCalls calls) {
    this.calls = calls;
  }

  /**
   * Name, version and extensions.
   *
   * @throws TritonException if the server cannot be asked
   */
  public ServerMetadata metadata(CallSettings settings) {
    ServerMetadataResponse response =
        calls.blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getServerMetadataMethod(),
                ServerMetadataRequest.getDefaultInstance(),
                settings,
                ""));
    return new ServerMetadata(
        response.getName(), response.getVersion(), response.getExtensionsList());
  }

  /**
   * Reads or changes how requests are traced.
   *
   * @param model a model's own settings; empty: the server's
   * @param changes values by name (trace_level, trace_rate, trace_count, log_frequency); an empty
   *     list resets one to the server's; an empty map only reads
   * @return all settings in force, by name
   * @throws TritonException if the server refuses, as Triton does in OpenTelemetry mode and for
   *     trace_file
   */
  public Map<String, List<String>> traceSettings(
      String model, Map<String, List<String>> changes, CallSettings settings) {
    TraceSettingRequest.Builder request = TraceSettingRequest.newBuilder().setModelName(model);
    changes.forEach(
        (name, values) ->
            request.putSettings(
                name, TraceSettingRequest.SettingValue.newBuilder().addAllValue(values).build()));
    TraceSettingResponse response =
        calls.blocking(
            UnaryCalls.Call.of(
                GRPCInferenceServiceGrpc.getTraceSettingMethod(),
                request.build(),
                settings,
                model));
    Map<String, List<String>> inForce = new LinkedHashMap<>();
    response
        .getSettingsMap()
        .forEach((name, value) -> inForce.put(name, List.copyOf(value.getValueList())));
    return inForce;
  }

  /**
   * Reads or changes what is logged.
   *
   * @param changes {@link LogSettings#unchanged()} only reads
   * @return the settings in force
   * @throws TritonException if the server refuses
   */
  public LogSettings logSettings(LogSettings changes, CallSettings settings) {
    LogSettingsRequest.Builder request = LogSettingsRequest.newBuilder();
    putFlag(request, "log_info", changes.info());
    putFlag(request, "log_warning", changes.warning());
    putFlag(request, "log_error", changes.error());
    if (changes.verboseLevel() != null) {
      request.putSettings(
          "log_verbose_level",
          LogSettingsRequest.SettingValue.newBuilder()
              .setUint32Param(changes.verboseLevel())
              .build());
    }
    putText(request, "log_format", changes.format());
    putText(request, "log_file", changes.file());
    Map<String, LogSettingsResponse.SettingValue> inForce =
        calls
            .blocking(
                UnaryCalls.Call.of(
                    GRPCInferenceServiceGrpc.getLogSettingsMethod(), request.build(), settings, ""))
            .getSettingsMap();
    return new LogSettings(
        flag(inForce.get("log_info")),
        flag(inForce.get("log_warning")),
        flag(inForce.get("log_error")),
        inForce.containsKey("log_verbose_level")
            ? (Integer) inForce.get("log_verbose_level").getUint32Param()
            : null,
        text(inForce.get("log_format")),
        text(inForce.get("log_file")));
  }

  private static void putFlag(
      LogSettingsRequest.Builder request, String name, @Nullable Boolean value) {
    if (value != null) {
      request.putSettings(
          name, LogSettingsRequest.SettingValue.newBuilder().setBoolParam(value).build());
    }
  }

  private static void putText(
      LogSettingsRequest.Builder request, String name, @Nullable String value) {
    if (value != null) {
      request.putSettings(
          name, LogSettingsRequest.SettingValue.newBuilder().setStringParam(value).build());
    }
  }

  private static @Nullable Boolean flag(LogSettingsResponse.@Nullable SettingValue value) {
    return value == null ? null : (Boolean) value.getBoolParam();
  }

  private static @Nullable String text(LogSettingsResponse.@Nullable SettingValue value) {
    return value == null ? null : value.getStringParam();
  }
}
