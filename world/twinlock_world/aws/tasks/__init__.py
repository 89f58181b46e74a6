"""ECS tasks as processes of this machine: one per task, with the image's files, the task role's identity and no more.

`order` reads what a task definition asks for, `image` unpacks what ECR holds, `program` joins both to a command with an
environment, `warden` watches over the process, `fleet` keeps all tasks and their states. `cloud` is the port to AWS,
which `moto_cloud` stands behind.
"""
