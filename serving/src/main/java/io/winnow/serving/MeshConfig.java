package io.winnow.serving;

import io.smallrye.config.ConfigMapping;
import io.winnow.runtime.mesh.MeshSettings;

/** Settings of the service's place in the mesh. */
@ConfigMapping(prefix = "winnow.mesh")
public interface MeshConfig extends MeshSettings {}
