package io.winnow.decoder.fetch;

/** Why a picture was not fetched; its reason completes "The picture cannot be fetched: ...". */
final class FetchRefusal extends Exception {

  private static final long serialVersionUID = 1L;

  private final String reason;

  FetchRefusal(String reason) {
    super(reason, null, false, false);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
