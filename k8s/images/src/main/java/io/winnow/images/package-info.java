/** Container images of the services, written as files by Jib. */
@NullMarked
package io.winnow.images;

import org.jspecify.annotations.NullMarked;
