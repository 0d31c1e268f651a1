/**
 * What the services share between them on the network: mutual TLS with identities, and how a
 * service finds the replicas of another.
 */
@NullMarked
package io.winnow.runtime.mesh;

import org.jspecify.annotations.NullMarked;
