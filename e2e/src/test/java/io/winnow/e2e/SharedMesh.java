package io.winnow.e2e;

import io.winnow.cli.mesh.Mesh;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands tests the mesh that they share: one for the whole run, started with the first test that
 * asks for it. For tests that leave the services as they found them.
 */
final class SharedMesh implements ParameterResolver {

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == TestMesh.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getRoot()
        .getStore(ExtensionContext.Namespace.create(Mesh.class))
        .computeIfAbsent(TestMesh.class, type -> TestMesh.start(), TestMesh.class);
  }
}
