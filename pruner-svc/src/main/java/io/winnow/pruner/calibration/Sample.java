package io.winnow.pruner.calibration;

/**
 * A prepared prompt.
 *
 * @param number by which runs name it
 * @param textTokens its text tokens
 * @param visualTokens its visual tokens, of all pictures
 * @param pictures its pictures
 */
public record Sample(int number, int textTokens, int visualTokens, int pictures) {}
