package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.TokenSelection;
import java.nio.FloatBuffer;

/** Has pictures encoded. Thread-safe; nothing blocks on the network. */
public interface VisionEncoderClient {

  /**
   * Sends a picture.
   *
   * @param model name of the model that will read the tokens
   * @param content the picture file; must not change
   * @param call deadline and trace
   */
  Encoding encode(String model, byte[] content, PeerCall call, Listener listener);

  /** An exchange about one picture. Thread-safe; calls after its end have no effect. */
  interface Encoding {

    /**
     * Asks for visual tokens, once, after the layout.
     *
     * @param target takes the selected rows, from its position to its limit; the exchange's until
     *     {@link Listener#onFetched} // [selected, hidden]
     * @param trace of the transfer
     */
    void fetch(TokenSelection selection, FloatBuffer target, TraceContext trace);

    /** Gives the exchange up. */
    void cancel();
  }

  /** Called in order, never two calls at a time; must not block. */
  interface Listener {

    /** What the picture became; before anything can be fetched. */
    void onLayout(EncodedLayout layout);

    /**
     * Terminal: the target is full.
     *
     * @param bytes size of the tensors that were received
     * @param blocks messages that they came in
     */
    void onFetched(long bytes, int blocks);

    /** Terminal: there are no tokens. */
    void onFailed(ChatFailure failure);
  }
}
