package io.winnow.decoder.chat;

/**
 * An answer has its first token.
 *
 * @param id the request's id
 * @param model model that answers
 * @param seed the seed in force
 * @param prompt tokens of the prompt
 */
public record AnswerStarted(String id, String model, long seed, ChatService.PromptCount prompt) {}
