package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.e2e.WhatWasKept.Decoder;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.GenerationFinished;
import io.winnow.v1.PictureDetail;
import io.winnow.v1.VisualTokenReduction;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pruning as gRPC callers ask for it. */
@ExtendWith(SharedMesh.class)
class PruningOverGrpcIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  private ManagedChannel channel;

  @BeforeEach
  void connect(TestMesh mesh) {
    channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", mesh.grpcPort("decoder-svc"))
            .usePlaintext()
            .build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fastv", "random", "visionzip", "vtw"})
  void everyMethodTellsWhatItKept(String method) {
    GenerationFinished finished = answer(reduction(method).setKeepRatio(0.75).setReport(true));

    WhatWasKept kept = WhatWasKept.of(finished.getReduction());
    kept.check(finished.getUsage().getImageTokensKept(), Decoder.DEMO);
    assertThat(kept.method()).isEqualTo(method);
    assertThat(finished.getUsage().getImageTokensKept()).isLessThanOrEqualTo(432);
    assertThat(finished.getUsage().getImageTokens()).isEqualTo(576);
    var details = finished.getReduction().getDetails();
    assertThat(details.getMacs() / details.getMacsUnpruned()).isEqualTo(kept.flopsRatio());
    assertThat(details.getVisualMacsRatio()).isBetween(0.01, 0.9);
    assertThat(details.getPictures(0).getPictureWidth()).isEqualTo(192);
  }

  @Test
  void withoutReportThereAreNoDetails() {
    GenerationFinished finished = answer(reduction("vtw").setLayer(6));

    assertThat(finished.getReduction().getMethod()).isEqualTo("vtw");
    assertThat(finished.getUsage().getImageTokensKept()).isEqualTo(432);
    assertThat(finished.getReduction().hasDetails()).isFalse();
  }

  @Test
  void anUnknownMethodIsRefusedWithTheListOfThoseThatExist() {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> answer(reduction("magic")));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription()).contains("magic", "fitprune", "visionzip");
  }

  private static VisualTokenReduction.Builder reduction(String method) {
    return VisualTokenReduction.newBuilder().setMethod(method);
  }

  private GenerationFinished answer(VisualTokenReduction.Builder reduction) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setVisualTokenReduction(reduction)
            .addMessages(
                ChatMessage.newBuilder()
                    .setRole("user")
                    .addParts(
                        ContentPart.newBuilder()
                            .setPicture(ByteString.copyFrom(QUESTION.pictureBytes()))
                            .setDetail(PictureDetail.PICTURE_DETAIL_AUTO))
                    .addParts(ContentPart.newBuilder().setText(QUESTION.text())))
            .build();
    Iterator<GenerateResponse> steps =
        DecoderGrpc.newBlockingStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .generate(request);
    GenerateResponse last = steps.next();
    while (steps.hasNext()) {
      last = steps.next();
    }
    return last.getFinished();
  }
}
