/** Fetches pictures by URL, where that is switched on, without reaching what is not public. */
@NullMarked
package io.winnow.decoder.fetch;

import org.jspecify.annotations.NullMarked;
