package io.winnow.decoder.http;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The value of x-request-id: the client's own where it can be echoed safely, else a new one. */
final class RequestId {

  static final String HEADER = "x-request-id";

  private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");

  private RequestId() {}

  static String of(Optional<String> header) {
    return header.filter(value -> SANE.matcher(value).matches()).orElseGet(() -> "req_" + hex());
  }

  static String hex() {
    return UUID.randomUUID().toString().replace("-", "");
  }
}
