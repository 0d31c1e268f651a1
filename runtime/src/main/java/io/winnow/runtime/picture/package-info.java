/**
 * Picture files to pixel values: {@link io.winnow.runtime.picture.PictureReader} decodes the five
 * formats within limits, {@link io.winnow.runtime.picture.PicturePreprocessor} makes of the pixels
 * what a vision tower takes.
 */
@NullMarked
package io.winnow.runtime.picture;

import org.jspecify.annotations.NullMarked;
