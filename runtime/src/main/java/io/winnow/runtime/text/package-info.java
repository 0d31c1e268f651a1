/**
 * The text side of a model: tokenizer, chat template, prompts with places for pictures, and the way
 * back from sampled tokens to text.
 */
@NullMarked
package io.winnow.runtime.text;

import org.jspecify.annotations.NullMarked;
