package io.winnow.runtime.triton.client;

import com.google.protobuf.ByteString;
import io.winnow.inference.CudaSharedMemoryRegisterRequest;
import io.winnow.inference.CudaSharedMemoryStatusRequest;
import io.winnow.inference.CudaSharedMemoryStatusResponse;
import io.winnow.inference.CudaSharedMemoryUnregisterRequest;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.SystemSharedMemoryRegisterRequest;
import io.winnow.inference.SystemSharedMemoryStatusRequest;
import io.winnow.inference.SystemSharedMemoryUnregisterRequest;
import java.util.Collection;
import java.util.List;

/**
 * Registers regions of shared memory at one server, for callers who manage them by hand; {@link
 * SharedMemorySettings} does it by itself. All methods wait for the answer and throw {@link
 * TritonException} where the server cannot be asked or refuses: ALREADY_EXISTS for a name that is
 * taken, INVALID_ARGUMENT for memory that it cannot open.
 */
public final class SharedMemoryControl {

  /**
   * A region of POSIX shared memory.
   *
   * @param name name in requests
   * @param key name of the POSIX object, for example "/winnow-1"
   * @param offset where the region begins in the object, bytes
   * @param byteSize size, bytes
   */
  public record SystemRegion(String name, String key, long offset, long byteSize) {}

  /**
   * A region of a GPU's memory.
   *
   * @param name name in requests
   * @param device number of the GPU
   * @param byteSize size, bytes
   */
  public record CudaRegion(String name, long device, long byteSize) {}

  /** Length of a cudaIpcMemHandle_t, bytes. */
  private static final int CUDA_HANDLE_BYTES = 64;

  private final UnaryCalls calls;

  SharedMemoryControl(UnaryCalls calls) {
    this.calls = calls;
  }

  /** The registered POSIX regions, of all clients. */
  public List<SystemRegion> systemRegions(CallSettings settings) {
    return calls
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getSystemSharedMemoryStatusMethod(),
                SystemSharedMemoryStatusRequest.getDefaultInstance(),
                settings,
                ""))
        .getRegionsMap()
        .values()
        .stream()
        .map(
            region ->
                new SystemRegion(
                    region.getName(), region.getKey(), region.getOffset(), region.getByteSize()))
        .toList();
  }

  /** Makes the server map a region. */
  public void register(SystemRegion region, CallSettings settings) {
    SystemSharedMemoryRegisterRequest request =
        SystemSharedMemoryRegisterRequest.newBuilder()
            .setName(region.name())
            .setKey(region.key())
            .setOffset(region.offset())
            .setByteSize(region.byteSize())
            .build();
    calls.blocking(
        UnaryCalls.Call.of(
            GRPCInferenceServiceGrpc.getSystemSharedMemoryRegisterMethod(), request, settings, ""));
  }

  /** Makes the server forget a POSIX region; nothing happens where it does not know it. */
  public void unregisterSystem(String name, CallSettings settings) {
    SystemSharedMemoryUnregisterRequest request =
        SystemSharedMemoryUnregisterRequest.newBuilder().setName(requireName(name)).build();
    calls.blocking(
        UnaryCalls.Call.reading( // harmless if it is repeated
            GRPCInferenceServiceGrpc.getSystemSharedMemoryUnregisterMethod(),
            request,
            settings,
            ""));
  }

  /** The registered CUDA regions, of all clients. */
  public List<CudaRegion> cudaRegions(CallSettings settings) {
    Collection<CudaSharedMemoryStatusResponse.RegionStatus> regions =
        calls
            .blocking(
                UnaryCalls.Call.reading(
                    GRPCInferenceServiceGrpc.getCudaSharedMemoryStatusMethod(),
                    CudaSharedMemoryStatusRequest.getDefaultInstance(),
                    settings,
                    ""))
            .getRegionsMap()
            .values();
    return regions.stream()
        .map(region -> new CudaRegion(region.getName(), region.getDeviceId(), region.getByteSize()))
        .toList();
  }

  /**
   * Makes the server open memory of a GPU.
   *
   * @param ipcHandle the 64 bytes of the cudaIpcMemHandle_t that the owner got for it
   */
  public void register(CudaRegion region, byte[] ipcHandle, CallSettings settings) {
    if (ipcHandle.length != CUDA_HANDLE_BYTES) {
      throw new IllegalArgumentException(
          "a CUDA IPC handle has " + CUDA_HANDLE_BYTES + " bytes, not " + ipcHandle.length);
    }
    CudaSharedMemoryRegisterRequest request =
        CudaSharedMemoryRegisterRequest.newBuilder()
            .setName(region.name())
            .setRawHandle(ByteString.copyFrom(ipcHandle))
            .setDeviceId(region.device())
            .setByteSize(region.byteSize())
            .build();
    calls.blocking(
        UnaryCalls.Call.of(
            GRPCInferenceServiceGrpc.getCudaSharedMemoryRegisterMethod(), request, settings, ""));
  }

  /** Makes the server forget a CUDA region; nothing happens where it does not know it. */
  public void unregisterCuda(String name, CallSettings settings) {
    CudaSharedMemoryUnregisterRequest request =
        CudaSharedMemoryUnregisterRequest.newBuilder().setName(requireName(name)).build();
    calls.blocking(
        UnaryCalls.Call.reading(
            GRPCInferenceServiceGrpc.getCudaSharedMemoryUnregisterMethod(), request, settings, ""));
  }

  /** The protocol takes an empty name for the regions of all clients. */
  private static String requireName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name the region: without a name all clients lose theirs");
    }
    return name;
  }
}
