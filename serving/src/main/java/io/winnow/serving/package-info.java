/** What the services wire alike, once: their sockets in the mesh, and the page of metrics. */
@org.jspecify.annotations.NullMarked
package io.winnow.serving;
