/**
 * Turns a Hugging Face checkpoint folder into a model repository of ONNX graphs, without Python:
 * {@link io.winnow.modelkit.Exporter} is the way in.
 */
@NullMarked
package io.winnow.modelkit;

import org.jspecify.annotations.NullMarked;
