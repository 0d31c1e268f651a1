/** How picture files become visual tokens, each picture once: plain Java. */
@NullMarked
package io.winnow.encoder.pictures;

import org.jspecify.annotations.NullMarked;
