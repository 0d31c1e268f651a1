/** A mesh of several replicas, each on a network address of its own, as on a cluster. */
package io.winnow.e2e.drill;
