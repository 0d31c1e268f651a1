package io.winnow.encoder.grpc;

import static io.winnow.encoder.grpc.PictureCall.beginning;
import static io.winnow.encoder.grpc.PictureCall.chunkOf;
import static io.winnow.encoder.grpc.PictureCall.fetch;
import static io.winnow.encoder.grpc.PictureCall.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.winnow.encoder.pictures.FakeTower;
import io.winnow.v1.DataType;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.Tensor;
import io.winnow.v1.TokenBlock;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodeProtocolTest {

  private static final byte[] FILE = "a cat".getBytes(StandardCharsets.UTF_8);
  private static final EncodeRequest BEGIN = request(beginning(FILE));
  private static final EncodeRequest FETCH = fetch(TokenSelection.newBuilder().setAll(true));

  private InProcessEncoder server;

  @BeforeEach
  void start() throws Exception {
    server = new InProcessEncoder();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answersAnUploadWithTheLayoutAndAFetchWithTheTokens() throws Exception {
    PictureCall call = server.call().upload(FILE);
    EncodedLayout layout = call.layout();
    float[] tokens = call.allTokens(layout);

    assertThat(layout.getTokenCount()).isEqualTo(6);
    assertThat(layout.getHiddenSize()).isEqualTo(4);
    assertThat(layout.getTilesCount()).isEqualTo(1);
    assertThat(layout.getTiles(0).getRows()).isEqualTo(2);
    assertThat(layout.getTiles(0).getColumns()).isEqualTo(3);
    assertThat(layout.getPictureWidth()).isEqualTo(640);
    assertThat(layout.getPictureHeight()).isEqualTo(480);
    assertThat(layout.getCacheHit()).isFalse();
    assertThat(layout.getTensorsList()).hasSize(1);
    assertThat(layout.getTensors(0).getName()).isEqualTo("saliency");
    Tensor saliency = layout.getTensors(0).getTensor();
    assertThat(saliency.getDataType()).isEqualTo(DataType.DATA_TYPE_FP32);
    assertThat(saliency.getShapeList()).containsExactly(6L);
    assertThat(PictureCall.floats(saliency.getData()).get(5)).isEqualTo(FakeTower.saliency(5));
    assertThat(tokens[4 * 5 + 3]).isEqualTo(FakeTower.value("a cat", 5, 3));
    assertNothingLeft();
  }

  @Test
  void takesAPictureInPieces() throws Exception {
    byte[] file = "x".repeat(600_000).getBytes(StandardCharsets.UTF_8);
    PictureCall call = server.call().begin(file);
    for (int at = 0; at < file.length; at += 250_000) {
      call.chunk(Arrays.copyOfRange(file, at, Math.min(at + 250_000, file.length)));
    }

    assertThat(call.layout().getTokenCount()).isEqualTo(6);
    call.fetch().halfClose();
    call.awaitCompletion();
    assertNothingLeft();
  }

  @Test
  void answersAKnownPictureBeforeItIsUploaded() throws Exception {
    encodeOnce();

    PictureCall call = server.call().begin(FILE);
    EncodedLayout layout = call.layout();

    assertThat(layout.getCacheHit()).isTrue();
    assertThat(layout.getTimings().getEncodeMicros()).isZero();
    assertThat(call.allTokens(layout)).hasSize(24);
    assertThat(server.tower.encodes()).isEqualTo(1);
    assertNothingLeft();
  }

  @Test
  void ignoresAnUploadThatWasUnderWayWhenTheCacheAnswered() throws Exception {
    encodeOnce();

    PictureCall call = server.call().begin(FILE).chunk(new byte[2]).chunk(new byte[3]);

    assertThat(call.allTokens(call.layout())).hasSize(24);
  }

  @Test
  void boundsAnIgnoredUpload() throws Exception {
    encodeOnce();

    PictureCall call = server.call().begin(FILE).chunk(new byte[5]);
    call.layout();
    call.chunk(new byte[1]);

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "CONTENT_MISMATCH");
  }

  @Test
  void joinsAnEncodingThatRunsBeforeItsOwnUpload() throws Exception {
    server.tower.hold();
    PictureCall first = server.call().upload(FILE);
    server.tower.awaitEncodes(1);
    PictureCall second = server.call().begin(FILE);
    first.cancel();
    server.tower.release();

    EncodedLayout layout = second.layout();
    assertThat(layout.getCacheHit()).isFalse();
    assertThat(second.allTokens(layout)).hasSize(24);
    assertThat(server.tower.encodes()).isEqualTo(1);
    assertNothingLeft();
  }

  @Test
  void sendsTheSelectedTokensOnly() throws Exception {
    PictureCall call = server.call().upload(FILE);
    call.layout();
    call.fetch(1, 4).halfClose();
    TokenBlock block = call.next().getBlock();
    call.awaitCompletion();

    assertThat(block.getFirst()).isZero();
    assertThat(block.getTensorsList()).hasSize(1);
    assertThat(block.getTensors(0).getName()).isEqualTo("visual_tokens");
    Tensor tensor = block.getTensors(0).getTensor();
    assertThat(tensor.getDataType()).isEqualTo(DataType.DATA_TYPE_FP32);
    assertThat(tensor.getShapeList()).containsExactly(2L, 4L);
    FloatBuffer tokens = PictureCall.floats(tensor.getData());
    assertThat(tokens.get(0)).isEqualTo(FakeTower.value("a cat", 1, 0));
    assertThat(tokens.get(7)).isEqualTo(FakeTower.value("a cat", 4, 3));
  }

  @Test
  void sendsNothingForAnEmptySelection() throws Exception {
    PictureCall call = server.call().upload(FILE);
    call.layout();
    call.fetch();

    call.awaitCompletion();
    assertThat(call.pending()).isZero();
    assertNothingLeft();
  }

  @Test
  void cutsTokensIntoBlocksOfWholeRows() throws Exception {
    server.close();
    server = new InProcessEncoder(new FakeTower(20, 30, 1000), 10, Duration.ofMinutes(5));
    PictureCall call = server.call().upload(FILE);
    call.layout();
    Integer[] odd = IntStream.range(0, 300).mapToObj(i -> 2 * i + 1).toArray(Integer[]::new);
    call.fetch(odd);

    int row = 0;
    while (row < 300) {
      TokenBlock block = call.next().getBlock();
      Tensor tensor = block.getTensors(0).getTensor();
      assertThat(block.getFirst()).isEqualTo(row);
      assertThat(tensor.getData().size()).isLessThanOrEqualTo(256 << 10).isGreaterThan(100_000);
      FloatBuffer tokens = PictureCall.floats(tensor.getData());
      for (int i = 0; i < tensor.getShape(0); i++, row++) {
        assertThat(tokens.get(i * 1000 + 7)).isEqualTo(FakeTower.value("a cat", odd[row], 7));
      }
    }
    call.awaitCompletion();
  }

  static Stream<List<EncodeRequest>> brokenOrders() {
    EncodeRequest chunk = chunkOf(FILE);
    return Stream.of(
        List.of(),
        List.of(chunk),
        List.of(FETCH),
        List.of(EncodeRequest.getDefaultInstance()),
        List.of(BEGIN),
        List.of(BEGIN, BEGIN),
        List.of(BEGIN, FETCH),
        List.of(BEGIN, chunkOf(new byte[0])),
        List.of(BEGIN, chunkOf(new byte[(256 << 10) + 1])),
        List.of(BEGIN, chunkOf(new byte[1]), FETCH));
  }

  @ParameterizedTest
  @MethodSource("brokenOrders")
  void refusesMessagesOutOfOrder(List<EncodeRequest> messages) throws Exception {
    PictureCall call = server.call();
    messages.forEach(call::send);
    call.halfClose();

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
    assertNothingLeft();
  }

  static Stream<List<EncodeRequest>> brokenEnds() {
    return Stream.of(List.of(), List.of(BEGIN), List.of(FETCH, FETCH), List.of(FETCH, BEGIN));
  }

  @ParameterizedTest
  @MethodSource("brokenEnds")
  void refusesMessagesOutOfOrderAfterTheLayout(List<EncodeRequest> messages) throws Exception {
    PictureCall call = server.call().upload(FILE);
    call.layout();
    messages.forEach(call::send);
    call.halfClose();

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
    assertNothingLeft();
  }

  @Test
  void refusesAFetchWhileThePictureIsEncoded() throws Exception {
    server.tower.hold();
    PictureCall call = server.call().upload(FILE);
    server.tower.awaitEncodes(1);
    call.fetchAll();

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
    server.tower.release();
  }

  static Stream<EncodeBegin.Builder> incompleteBegins() {
    return Stream.of(
        beginning(FILE).clearModel(),
        beginning(FILE).clearContentSha256(),
        beginning(FILE).setContentSha256(ByteString.copyFrom(new byte[31])),
        beginning(FILE).setContentLength(0),
        beginning(FILE).setContentLength(-1),
        beginning(FILE).setText("a caption"));
  }

  @ParameterizedTest
  @MethodSource("incompleteBegins")
  void refusesABeginThatNamesNoPicture(EncodeBegin.Builder begin) throws Exception {
    assertFailure(
        server.call().send(request(begin)), Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
  }

  @Test
  void refusesAnUnknownModel() throws Exception {
    assertFailure(
        server.call().send(request(beginning(FILE).setModel("other"))),
        Status.Code.NOT_FOUND,
        "MODEL_NOT_FOUND");
  }

  @ParameterizedTest
  @ValueSource(longs = {InProcessEncoder.MAX_PICTURE_BYTES + 1, Long.MAX_VALUE})
  void refusesALargeFileBeforeItIsUploaded(long length) throws Exception {
    assertFailure(
        server.call().send(request(beginning(FILE).setContentLength(length))),
        Status.Code.RESOURCE_EXHAUSTED,
        "PICTURE_TOO_LARGE");
  }

  @Test
  void refusesBytesThatDoNotHaveTheAnnouncedHash() throws Exception {
    PictureCall call = server.call().begin(FILE).chunk(new byte[FILE.length]);

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "CONTENT_MISMATCH");
    assertNothingLeft();
  }

  @Test
  void refusesMoreBytesThanAnnounced() throws Exception {
    PictureCall call = server.call().begin(FILE).chunk(new byte[FILE.length + 1]);

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "CONTENT_MISMATCH");
    assertNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({
    "PICTURE_UNREADABLE, INVALID_ARGUMENT",
    "PICTURE_UNSUPPORTED, INVALID_ARGUMENT",
    "PICTURE_TOO_LARGE, RESOURCE_EXHAUSTED"
  })
  void tellsWhyAPictureIsRefusedAndTakesTheNext(String reason, Status.Code code) throws Exception {
    assertFailure(server.call().upload(reason), code, reason);
    encodeOnce();
    assertNothingLeft();
  }

  @Test
  void keepsADefectsDetailsToItself() throws Exception {
    StatusRuntimeException failure =
        assertFailure(server.call().upload("defect"), Status.Code.INTERNAL, "INTERNAL");

    assertThat(failure.getStatus().getDescription()).doesNotContain("decoder's defect");
    encodeOnce();
  }

  static Stream<TokenSelection.Builder> brokenSelections() {
    return Stream.of(
        TokenSelection.newBuilder(),
        TokenSelection.newBuilder().setAll(false),
        indices(-1),
        indices(6),
        indices(2, 2),
        indices(3, 2));
  }

  @ParameterizedTest
  @MethodSource("brokenSelections")
  void refusesASelectionThatCannotBe(TokenSelection.Builder selection) throws Exception {
    PictureCall call = server.call().upload(FILE);
    call.layout();
    call.send(fetch(selection));

    assertFailure(call, Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
    assertNothingLeft();
  }

  private void encodeOnce() throws Exception {
    PictureCall call = server.call().upload(FILE);
    EncodeResponse layout = call.next();
    call.fetch();
    call.awaitCompletion();
    assertThat(layout.getLayout().getCacheHit()).isFalse();
  }

  private void assertNothingLeft() {
    assertThat(server.service.openStreams()).isZero();
    assertThat(server.encoder.inFlight()).isZero();
    assertThat(server.encoder.uploadBytes()).isZero();
  }

  private static TokenSelection.Builder indices(Integer... indices) {
    return TokenSelection.newBuilder()
        .setIndices(TokenIndices.newBuilder().addAllIndex(List.of(indices)));
  }

  static StatusRuntimeException assertFailure(PictureCall call, Status.Code code, String reason)
      throws Exception {
    StatusRuntimeException failure = call.awaitFailure();
    assertThat(failure.getStatus().getCode()).isEqualTo(code);
    assertThat(failure.getStatus().getDescription()).isNotBlank();
    Any detail = StatusProto.fromThrowable(failure).getDetails(0);
    ErrorInfo info = detail.unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo(reason);
    assertThat(info.getDomain()).isEqualTo("winnow");
    return failure;
  }
}
