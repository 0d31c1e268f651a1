import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            why = pb_utils.get_input_tensor_by_name(request, "why").as_numpy()[0].decode()
            answers.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(why)))
        return answers
