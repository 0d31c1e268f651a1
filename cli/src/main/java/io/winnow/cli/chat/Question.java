package io.winnow.cli.chat;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to ask.
 *
 * @param picture bytes of a picture file, of any kind that the service reads
 * @param text the question
 * @param model model name; empty leaves it to the service
 * @param maxTokens most tokens of the answer; empty leaves it to the service
 */
public record Question(
    byte[] picture, String text, Optional<String> model, OptionalInt maxTokens) {}
