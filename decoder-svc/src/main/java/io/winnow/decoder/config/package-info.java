/** Settings of the service. */
@NullMarked
package io.winnow.decoder.config;

import org.jspecify.annotations.NullMarked;
