package io.winnow.encoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.encoder.pictures.FakeTower;
import io.winnow.v1.EncodedLayout;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EncodeFlowTest {

  private static final int ROWS_PER_BLOCK = 64;
  private static final int BLOCKS = 40;

  private InProcessEncoder server;

  @BeforeEach
  void start() throws Exception {
    FakeTower tower = new FakeTower(BLOCKS, ROWS_PER_BLOCK, (256 << 10) / 4 / ROWS_PER_BLOCK);
    server = new InProcessEncoder(tower, 10, Duration.ofMinutes(5));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void makesBlocksOnlyWhileTheClientReads() throws Exception {
    PictureCall call = server.call().upload("a cat");
    call.layout();
    int before = server.messagesSent.get();
    call.fetchAll();

    assertThat(server.messagesSent.get() - before).isLessThanOrEqualTo(1);
    for (int read = 1; read < BLOCKS; read++) {
      call.next();
      assertThat(server.messagesSent.get() - before).isBetween(read, read + 1);
    }
    call.next();
    call.awaitCompletion();
    assertThat(server.messagesSent.get() - before).isEqualTo(BLOCKS);
    assertThat(server.service.openStreams()).isZero();
  }

  @Test
  void aReaderThatStallsHoldsUpNobodyElse() throws Exception {
    PictureCall stalled = server.call().upload("a cat");
    stalled.layout();
    stalled.fetchAll();

    for (int i = 0; i < 3; i++) {
      PictureCall reader = server.call().upload("a dog");
      EncodedLayout layout = reader.layout();
      assertThat(reader.allTokens(layout)).hasSize(layout.getTokenCount() * 1024);
    }
    assertThat(stalled.hasEnded()).isFalse();
    stalled.cancel();
    assertThat(server.service.openStreams()).isZero();
  }

  @Test
  void aClientThatGoesWhileReadingIsForgotten() throws Exception {
    PictureCall call = server.call().upload("a cat");
    call.layout();
    call.fetchAll();
    call.next();
    int sent = server.messagesSent.get();
    call.cancel();

    assertThat(server.service.openStreams()).isZero();
    assertThat(server.messagesSent.get()).isEqualTo(sent);
  }
}
