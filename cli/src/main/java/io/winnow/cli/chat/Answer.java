package io.winnow.cli.chat;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A complete answer. The JSON parts are as the service sent them.
 *
 * @param text the answer
 * @param model the model that gave it
 * @param usage token counts in OpenAI's form
 * @param timingsMillis milliseconds by stage
 * @param reduction what was done to the visual tokens
 */
public record Answer(
    String text, String model, JsonNode usage, JsonNode timingsMillis, JsonNode reduction) {}
