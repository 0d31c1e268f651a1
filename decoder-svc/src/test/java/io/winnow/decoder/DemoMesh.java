package io.winnow.decoder;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.picture.PictureException;
import io.winnow.runtime.picture.PictureLimits;
import io.winnow.runtime.picture.PicturePreprocessor;
import io.winnow.runtime.picture.PictureReader;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Plan;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.Tensor;
import io.winnow.v1.TokenBlock;
import io.winnow.v1.VisionEncoderGrpc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;

/** The bundled model, and the simplest encoder and pruner for it, on ports of their own. */
public final class DemoMesh implements QuarkusTestResourceLifecycleManager {

  static final Path DEMO = Path.of(System.getProperty("winnow.root"), "demo-model");

  private Server encoder;
  private Server pruner;
  private EncoderRuntime runtime;

  @Override
  public Map<String, String> start() {
    try {
      Path repository = export();
      RepositoryModel model = ModelRepository.open(repository).model("demo");
      runtime = EmbeddedRuntimes.encoder(model, EmbeddedSettings.defaults());
      encoder = ServerBuilder.forPort(0).addService(new Encoder(model, runtime)).build().start();
      pruner = ServerBuilder.forPort(0).addService(new Pruner()).build().start();
      return Map.of(
          "winnow.models", repository.toString(),
          "winnow.encoder.target", "127.0.0.1:" + encoder.getPort(),
          "winnow.pruner.target", "127.0.0.1:" + pruner.getPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    encoder.shutdownNow();
    pruner.shutdownNow();
    runtime.close();
  }

  private static Path export() throws IOException {
    Path repository = Path.of("target", "demo-repository").toAbsolutePath();
    ExportRequest request = ExportRequest.of(DEMO.resolve("checkpoint"), repository, "demo");
    if (!Exporter.isUpToDate(request)) {
      Exporter.export(request, (file, done, total) -> {});
    }
    return repository;
  }

  /** Encodes, without a bound on anything. */
  private static final class Encoder extends VisionEncoderGrpc.VisionEncoderImplBase {

    private final PicturePreprocessor preprocessor;
    private final EncoderRuntime runtime;

    Encoder(RepositoryModel model, EncoderRuntime runtime) {
      this.preprocessor = new PicturePreprocessor(model.manifest().getVision());
      this.runtime = runtime;
    }

    @Override
    public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> decoder) {
      return new EncodeStream(preprocessor, runtime, decoder);
    }
  }

  /** One picture. */
  private static final class EncodeStream implements StreamObserver<EncodeRequest> {

    private static final int BLOCK_ROWS = 100;

    private final PicturePreprocessor preprocessor;
    private final EncoderRuntime runtime;
    private final StreamObserver<EncodeResponse> decoder;
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private long length;
    private EncodedPicture picture;

    EncodeStream(
        PicturePreprocessor preprocessor,
        EncoderRuntime runtime,
        StreamObserver<EncodeResponse> decoder) {
      this.preprocessor = preprocessor;
      this.runtime = runtime;
      this.decoder = decoder;
    }

    @Override
    public void onNext(EncodeRequest request) {
      if (request.hasBegin()) {
        length = request.getBegin().getContentLength();
      } else if (request.hasChunk()) {
        file.writeBytes(request.getChunk().getData().toByteArray());
        if (file.size() == length) {
          layout();
        }
      } else {
        blocks();
      }
    }

    private void layout() {
      try {
        picture =
            runtime.encode(
                preprocessor.preprocess(
                    new PictureReader(PictureLimits.DEFAULT).read(file.toByteArray())));
      } catch (PictureException e) {
        decoder.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException());
        return;
      }
      decoder.onNext(
          EncodeResponse.newBuilder()
              .setLayout(
                  EncodedLayout.newBuilder()
                      .setTokenCount(picture.tokens())
                      .setPictureWidth(192)
                      .setPictureHeight(192)
                      .setHiddenSize(picture.hiddenSize()))
              .build());
    }

    private void blocks() {
      for (int first = 0; first < picture.tokens(); first += BLOCK_ROWS) {
        decoder.onNext(
            EncodeResponse.newBuilder()
                .setBlock(
                    TokenBlock.newBuilder()
                        .setFirst(first)
                        .addTensors(
                            NamedTensor.newBuilder()
                                .setName("visual_tokens")
                                .setTensor(rows(picture, first))))
                .build());
      }
      decoder.onCompleted();
    }

    @Override
    public void onError(Throwable thrown) {}

    @Override
    public void onCompleted() {}

    private static Tensor rows(EncodedPicture picture, int first) {
      int count = Math.min(BLOCK_ROWS, picture.tokens() - first);
      int hidden = picture.hiddenSize();
      ByteBuffer data =
          ByteBuffer.allocate(count * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      data.asFloatBuffer().put(picture.visualTokens().slice(first * hidden, count * hidden));
      return Tensor.newBuilder()
          .setDataType(DataType.DATA_TYPE_FP32)
          .addShape(count)
          .addShape(hidden)
          .setData(ByteString.copyFrom(data))
          .build();
    }
  }

  /** Keeps everything. */
  private static final class Pruner extends PrunerGrpc.PrunerImplBase {

    @Override
    public StreamObserver<DecideRequest> decide(StreamObserver<DecideResponse> decoder) {
      return new StreamObserver<>() {
        @Override
        public void onNext(DecideRequest request) {
          if (request.hasBegin()) {
            decoder.onNext(
                DecideResponse.newBuilder()
                    .setPlan(
                        Plan.newBuilder()
                            .setMethod("none")
                            .setReason("as the test has it")
                            .setFlopsRatio(1))
                    .build());
          }
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onCompleted() {
          decoder.onCompleted();
        }
      };
    }
  }
}
