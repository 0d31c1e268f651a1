package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.EncodeTimings;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.Tile;
import io.winnow.v1.TokenSelection;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Makes of any picture tokens whose numbers are (first byte * 100 + token). */
final class FakeEncoder implements VisionEncoderClient {

  final List<FakeEncoding> encodings = new ArrayList<>();
  boolean silent;
  Optional<ChatFailure> failsToEncode = Optional.empty();

  /** How many encodings fail; the later ones succeed. */
  int encodingsThatFail = Integer.MAX_VALUE;

  Optional<ChatFailure> failsToFetch = Optional.empty();
  private final Simulation simulation;
  int tokens;
  private final int hidden;

  FakeEncoder(Simulation simulation, int tokens, int hidden) {
    this.simulation = simulation;
    this.tokens = tokens;
    this.hidden = hidden;
  }

  long open() {
    return encodings.stream().filter(encoding -> !encoding.ended).count();
  }

  @Override
  public Encoding encode(String model, byte[] content, PeerCall call, Listener listener) {
    FakeEncoding encoding = new FakeEncoding(content, call, listener, simulation.lane());
    encodings.add(encoding);
    encoding.lane.execute(encoding::encode);
    return encoding;
  }

  final class FakeEncoding implements Encoding {

    final byte[] content;
    final Duration timeout;
    final TraceContext trace;
    TraceContext fetchTrace = TraceContext.NONE;
    TokenSelection selection;
    boolean cancelled;
    private final Listener listener;
    private final Executor lane;
    private boolean ended;

    FakeEncoding(byte[] content, PeerCall call, Listener listener, Executor lane) {
      this.content = content;
      this.timeout = call.timeout();
      this.trace = call.trace();
      this.listener = listener;
      this.lane = lane;
    }

    private void encode() {
      if (ended || silent) {
        return;
      }
      if (failsToEncode.isPresent() && encodings.indexOf(this) < encodingsThatFail) {
        fail(failsToEncode.get());
        return;
      }
      listener.onLayout(
          EncodedLayout.newBuilder()
              .setTokenCount(tokens)
              .setHiddenSize(hidden)
              .addTiles(Tile.newBuilder().setRows(2).setColumns(2))
              .setPictureWidth(40)
              .setPictureHeight(20)
              .setTimings(
                  EncodeTimings.newBuilder().setPreprocessMicros(2_000).setEncodeMicros(3_000))
              .build());
    }

    @Override
    public void fetch(TokenSelection selection, FloatBuffer target, TraceContext trace) {
      fetchTrace = trace;
      this.selection = selection;
      lane.execute(() -> send(target));
    }

    private void send(FloatBuffer target) {
      if (ended) {
        return;
      }
      if (failsToFetch.isPresent()) {
        fail(failsToFetch.get());
        return;
      }
      int rows = target.remaining() / hidden;
      for (int row = 0; row < rows; row++) {
        int token = selection.hasIndices() ? selection.getIndices().getIndex(row) : row;
        for (int i = 0; i < hidden; i++) {
          target.put(content[0] * 100 + token);
        }
      }
      ended = true;
      listener.onFetched(4L * hidden * rows, 1);
    }

    private void fail(ChatFailure failure) {
      ended = true;
      listener.onFailed(failure);
    }

    @Override
    public void cancel() {
      lane.execute(
          () -> {
            cancelled |= !ended;
            ended = true;
          });
    }
  }
}
